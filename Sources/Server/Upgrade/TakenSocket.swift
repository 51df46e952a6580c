internal import Platform

/// A socket that the daemon before has given.
struct TakenSocket {
  let description: HandedListener
  let socket: InheritedSocket
}
