#!/bin/sh
# peers.sh: part of run.sh, which reads it: tools that encrypt a directory by
# themselves, and do less: none of these names who sealed what, in what order.
# shellcheck disable=SC2154 # recipient and dir are set there

# What writes no stream gets a new place each time, on the disk where what is
# sealed would go as well. Seal, restic and borg sync what they write there, and
# 7z does not: its archive is synced, so that all of them leave as much behind
make_place()
{
	rm -rf "$place"
	place=$(mktemp -d "$dir/place.XXXXXX")
	echo bench >"$place/password"
	export RESTIC_PASSWORD_FILE="$place/password"
	export RESTIC_REPOSITORY="$place/new/restic"
	export BORG_PASSPHRASE=bench BORG_REPO="$place/new/borg"
	export BORG_BASE_DIR="$place/new/home"
}

# against_place PATH NAME PREPARE COMMAND: ours writes to a new file there
against_place()
{
	n=$(bytes_of "$1")
	new="rm -rf $place/new && mkdir -p $place/new/home"
	compare -b "$n" -g 0.3 -p "$new && $3 && sh ready $reads" \
	    "$1: seal / $2" \
	    "bulla-seal -q -i keys/sign -r $recipient -o $place/new/ours $1" \
	    "$4"
}

# Repositories are made outside of the time, with the fastest of borg's modes
# on a processor with SHA-256; 7z asks for its password, the others get theirs
# from a file or the environment.
peers()
{
	reads=$1
	if sq --version 2>&1 | grep -q '^sq 0\.'; then
		compare -b "$(bytes_of "$1")" -g 0.3 \
		    "$1: seal / sq encrypt --signer-key" \
		    "bulla-seal -q -i keys/sign -r $recipient $1 >/dev/null" \
		    "tar -cf - $1 | sq encrypt --binary --compression none \
		    --signer-key keys/sq.key --recipient-cert keys/sq.cert \
		    >/dev/null"
	else
		echo "$1: seal / sq: not measured, its options are others"
	fi
	# what the new file itself costs, in each of the following
	new="rm -rf $place/new && mkdir $place/new"
	seal="bulla-seal -q -i keys/sign -r $recipient"
	compare -p "$new && sh ready $reads" "$1: seal to a new file / to /dev/null" \
	    "$seal -o $place/new/ours $1" "$seal $1 >/dev/null"
	against_place "$1" '7z -mx=0 -p; sync' : \
	    "7z a -bso0 -bsp0 -mx=0 -mhe=on -p $place/new/peer.7z $1 \
	    <$place/password && sync $place/new/peer.7z"
	against_place "$1" 'restic backup' 'restic init -q --no-cache' \
	    "restic backup -q --no-cache --compression off $1"
	against_place "$1" 'borg create' \
	    "borg init -e repokey 2>$place/new/log" \
	    "borg create -C none --files-cache disabled ::bench $1"
}

peer_keys()
{
	sq --version 2>&1 | grep -q '^sq 0\.' || return 0
	sq key generate --userid bench --export keys/sq.key \
	    --rev-cert keys/sq.rev 2>keys/log
	sq key extract-cert -o keys/sq.cert keys/sq.key
}

by_peers()
{
	make_big
	make_tree
	peer_keys
	make_place
	cat big >/dev/null
	columns
	peers big
	peers tree
}
