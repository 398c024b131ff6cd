# Prints what zsh offers for the last word of a command line. Its arguments are a file with completions, and the words.
# It types them into a zsh on a pseudo-terminal, where compadd also writes to a file what it is given.
zmodload zsh/zpty
file=$1; shift
dir=${file:h}/functions out=${file:h}/offers
mkdir -p $dir && cp $file $dir/_$1 && : >$out
line=(${(q)@[1,-2]}) last=$@[-1]
zpty z zsh -f -i
ask() { zpty -w -n z "$1"$'\n'; }
ask "fpath=($dir \$fpath) out=$out; autoload -Uz compinit; compinit -u -D"
ask 'compadd() {
	local -a hits
	if [[ ${@[1,(i)(-|--)]} == *-[OAD]* ]]; then builtin compadd "$@"; return; fi
	builtin compadd -A hits "$@"
	print -rl -- $hits >>$out
	builtin compadd "$@"
}
offer() { zle complete-word; print -r -- END >>$out; }
zle -N offer; bindkey "^I" offer'
zpty -w -n z "${line[*]} ${last// /\\ }"$'\t'
for i in {1..1000}; do
	grep -qx END $out && break
	zpty -r -t z >/dev/null
	sleep 0.01
done
zpty -d z
grep -vx END $out
exit 0
