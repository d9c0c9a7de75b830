#compdef qio
# Completion of qio(1) for zsh.
local -a layers client
layers=('--help' '--tls[speak TLS]' '--tls-dir=[credentials]:directory:_directories'
  '--websocket[speak WebSocket]' '--timeout=[for connecting and handshakes]:seconds')
client=('--tls-name=[whom the certificate is for]:name' '--insecure[take any certificate]'
  '--path=[of the WebSocket]:path' '--protocol=[of the WebSocket]:name' '--host=[in the Host line]:host')
if (( CURRENT == 2 )); then
  _values 'command' 'cat[connect and transfer]' 'serve[run a command for each client]' 'probe[tell what answers]'
  return
fi
local command=$words[2]
shift words
(( CURRENT-- ))
case $command in
cat) _arguments $layers $client '(-q --quit)'{-q,--quit}'[after the end of input]:seconds' \
  '(-p --progress)'{-p,--progress}'[tell how far it is]' '--json[the sum]' '1:address' ;;
probe) _arguments $layers $client '--json[one object]' '1:address' ;;
serve) _arguments $layers '(-1 --once)'{-1,--once}'[one client]' '--max-clients=[at once]:number' \
  '--json[a line a client]' '--quiet[say nothing]' '1:address' '*::command:_normal' ;;
esac
