# How the scripts speak: one line of progress, or one sentence and the end. Sourced, never run.

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$*"
  exit 1
}

# The fingerprint of everything on standard input, for the stamps that make a second start quick.
fingerprint() { sha256sum | cut -d' ' -f1; }
