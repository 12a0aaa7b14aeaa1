# servers.sh: for scripts that bring up servers of others, and end them.
# shellcheck shell=sh

# free_ports N: so many that are nobody else's: chosen together, so that they
# differ, and below those that the kernel gives to whoever asks for any, before
# they are in use here
free_ports()
{
	/usr/bin/python3 - "$1" <<'END'
import random, socket, sys
s = []
for port in random.sample(range(20000, 32000), 1000):
    x = socket.socket()
    try:
        x.bind(("127.0.0.1", port))
        s.append(x)
    except OSError:
        x.close()
    if len(s) == int(sys.argv[1]):
        break
print(*[x.getsockname()[1] for x in s])
END
}

# end_all FILE...: every process whose number stands in one of these; gone when
# this returns, or they would write where it is being removed
end_all()
{
	all=$(cat "$@" 2>/dev/null) || :
	for p in $all; do
		kill -9 "$p" 2>/dev/null || :
	done
	for p in $all; do
		for _ in $(seq 300); do
			grep -q '^State:.[^ZX]' "/proc/$p/status" \
			    2>/dev/null || break
			sleep 0.1
		done
	done
}
