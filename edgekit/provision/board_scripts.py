"""What runs on the board: POSIX shell, and Python from 3.7 on. Arguments come quoted; nothing is pasted in."""

from __future__ import annotations

# Exit status 0 and "ours", "absent" or "foreign WHY".
WHOSE = r"""
if [ ! -e "$1" ] && [ ! -L "$1" ]; then echo absent; exit 0; fi
if [ -L "$1" ] || [ ! -d "$1" ]; then echo "foreign is no folder"; exit 0; fi
uid=$(id -u)
folder=$1
set -- $(ls -ldn "$folder" | sed -n 1p)
if [ "$3" != "$uid" ]; then echo "foreign belongs to user $3"; exit 0; fi
if grep -q '"edgekit_provision"' "$folder/provision.json" 2>/dev/null; then echo ours; exit 0; fi
if [ -z "$(ls -A "$folder")" ]; then echo ours; exit 0; fi
echo "foreign has files but no provision.json of edgekit"
"""

# The folder that edgekit uses, then its provision.json if there is one.
READ_RECORD = r"""
case ${XDG_DATA_HOME:-} in /*) data=$XDG_DATA_HOME ;; *) data=$HOME/.local/share ;; esac
printf 'edgekit folder %s/edgekit\n' "$data"
cat "$data/edgekit/provision.json" 2>/dev/null || true
"""

# $1: the record; the others: folders to make, outermost first.
MAKE_FOLDERS = r"""
umask 077
record=$1
shift
for each in "$@"; do
  [ -d "$each" ] || mkdir "$each" || exit 1
done
chmod 700 "${record%/*}"
"""

WRITE_RECORD = r"""
umask 077
cat > "$1.new" && mv -f "$1.new" "$1" && exit 0
rm -f "$1.new"
exit 1
"""

# $1 the new one, $2 its place, which may be taken.
# What lay there is kept as "$3", if that is given, until the new one has proved itself.
PUT_IN_PLACE = r"""
old="${3:-$2.old}"
rm -rf "$old"
if [ -e "$2" ] || [ -L "$2" ]; then mv "$2" "$old" || exit 1; fi
if mv "$1" "$2"; then [ -n "${3:-}" ] || rm -rf "$old"; exit 0; fi
[ -e "$old" ] && mv "$old" "$2"
exit 1
"""

SIZE = 'wc -c < "$1" 2>/dev/null || echo 0'
EMPTY = 'umask 077 && : > "$1"'
APPEND = 'umask 077 && cat >> "$1"'
FREE = 'df -Pk "$1" 2>/dev/null | tail -n 1'
REMOVE = 'rm -rf -- "$@"'
REMOVE_IF_EMPTY = 'for each in "$@"; do rmdir "$each" 2>/dev/null || exit 0; done'

# The digest of a folder, as archive.tree_digest: but for what Python adds when it imports.
_DIGEST = """\
import hashlib, os, sys
def digest(top):
    lines = []
    for folder, folders, files in os.walk(top):
        folders[:] = [each for each in folders if each != "__pycache__"]
        for each in files:
            path = os.path.join(folder, each)
            if os.path.islink(path):
                return "a link"
            sha = hashlib.sha256()
            with open(path, "rb") as file:
                for part in iter(lambda: file.read(1 << 20), b""):
                    sha.update(part)
            lines.append((os.path.relpath(path, top).replace(os.sep, "/"), sha.hexdigest()))
    text = "".join("%s  %s\\n" % (sha, name) for name, sha in sorted(lines))
    return hashlib.sha256(text.encode()).hexdigest()
"""

TREE_DIGEST = (
    _DIGEST
    + """\
try:
    print(digest(sys.argv[1]))
except OSError as error:
    print(error.strerror)
"""
)

# Arguments: archive, new folder, expected digest. Prints the digest, or what failed.
UNPACK = (
    _DIGEST
    + """\
import shutil, tarfile
os.umask(0o077)
archive, top, expected = sys.argv[1:4]
shutil.rmtree(top, ignore_errors=True)
try:
    os.mkdir(top)
    with tarfile.open(archive, "r:gz") as file:
        for member in file:
            parts = member.name.split("/")
            if not member.isreg() or ".." in parts or "" in parts:
                raise OSError(0, "the archive holds " + repr(member.name))
            path = os.path.join(top, *parts)
            if not os.path.isdir(os.path.dirname(path)):
                os.makedirs(os.path.dirname(path))
            with open(path, "wb") as out:
                shutil.copyfileobj(file.extractfile(member), out, 1 << 20)
            os.chmod(path, 0o700 if member.mode & 0o100 else 0o600)
    found = digest(top)
    if found != expected:
        raise OSError(0, "what was unpacked is damaged")
    print(found)
except (OSError, tarfile.TarError, EOFError) as error:
    shutil.rmtree(top, ignore_errors=True)
    print(getattr(error, "strerror", None) or error)
    sys.exit(1)
"""
)
