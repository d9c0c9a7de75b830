# Completion of qio(1) for bash.
_qio() {
    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}
    local layers='--help --tls --tls-dir --websocket --timeout'
    local client='--tls-name --insecure --path --protocol --host'

    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W 'cat serve probe --help --version' -- "$word")
        return
    fi
    if [ "${COMP_WORDS[COMP_CWORD - 1]}" = --tls-dir ]; then
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return
    fi
    case $command in
    cat) layers="$layers $client --quit --progress --json" ;;
    probe) layers="$layers $client --json" ;;
    serve) layers="$layers --once --max-clients --json --quiet" ;;
    *) return ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "$layers" -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -W 'tcp: unix: vsock: fd:' -- "$word") ;;
    esac
}
complete -o nospace -F _qio qio
