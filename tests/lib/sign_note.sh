# Read by tests: signing a note without the tools, also one that they would not
# sign.
# shellcheck shell=sh

# sign_note TEXT KEYFILE >NOTE; leaves its files in the directory
sign_note()
{
	cut -d + -f 5- "$2" | base64 -d | tail -c 32 >seed
	{ echo 302e020100300506032b657004220420 | xxd -r -p; cat seed; } >key
	openssl pkeyutl -sign -rawin -inkey key -keyform DER -in "$1" -out sig
	cat "$1"
	printf '\n— %s ' "$(cut -d + -f 3 "$2")"
	{ cut -d + -f 4 "$2" | xxd -r -p; cat sig; } | base64 -w 0
	echo
}
