#!/bin/bash -eu
# Builds each fuzz target with the flags of the fuzzing service. Its runner
# has none of our libraries, so they travel beside the targets.
make -j"$(nproc)" V=fuzz BUILD="$WORK" CC="$CC" OPT.fuzz="$CFLAGS" \
    LD.fuzz="-Wl,-rpath,\$\$ORIGIN/lib" FUZZ_ENGINE="$LIB_FUZZING_ENGINE" \
    LDLIBS="-lc++" fuzzers

mkdir -p "$OUT/lib"
for target in "$WORK"/fuzz/fuzz/fuzz_*; do
	[ -x "$target" ] || continue
	case $target in *.o | *.d) continue ;; esac
	name=$(basename "$target")
	format=${name#fuzz_}
	cp "$target" "$OUT/"
	ldd "$target" | awk '$3 ~ /^\// { print $3 }' |
		grep -Ev '/lib(c|m|dl|rt|pthread|gcc_s)\.so' |
		xargs -r cp -Lut "$OUT/lib"
	find "fuzz/corpus/$format" "fuzz/regress/$format" -type f 2>/dev/null |
		zip -qj "$OUT/${name}_seed_corpus.zip" -@
	if [ -f "fuzz/$format.dict" ]; then
		cp "fuzz/$format.dict" "$OUT/$name.dict"
	fi
done
