// How a running daemon hands its sockets to the one that takes its place, over the control socket
// in the data folder that both of them serve:
//
//     new                                      old
//      | request -----------------------------> |  serves on
//      | <--------- listeners, with descriptors |
//      |  checks them                           |  serves on, also if the connection ends
//      | go ----------------------------------> |
//      | <------------------------------- going |  accepts no more, answers what it has, ends
//      | <--------------- end of the connection |
//      |  takes the locks, opens the ledger, serves
//
// A connection that waits for `accept` waits in the kernel, whichever process has the socket. So no
// connection is refused meanwhile, and the ledger has one owner at any time: the holder of the data
// lock.

package import Platform

/// One message between the two daemons of an upgrade.
///
/// On the wire: `pstn`, the version and the kind in two bytes each, the length of the body in four,
/// and the body; numbers are big-endian.
package enum UpgradeMessage: Equatable, Sendable {
  /// New to old: give me what you listen at.
  case request
  /// Old to new: this is what I listen at, in the order of the descriptors that come along. My
  /// calls in flight may take so long.
  case listeners([HandedListener], drainNanoseconds: Int64)
  /// New to old: end.
  case go
  /// Old to new: I have stopped to accept, and end.
  case going
  /// Old to new: no, and why. The connection ends.
  case refusal(String)

  /// The version of the messages. What is before the body is the same in every version.
  package static let version: UInt16 = 1
  /// The bytes before a body.
  package static let headerByteCount = 12
  /// The most bytes of a body: those of as many listeners as one message carries descriptors.
  package static let maximumBodyBytes = 128 << 10

  static let magic = Array("pstn".utf8)

  /// The number on the wire.
  var kind: UInt16 {
    switch self {
    case .request: 1
    case .listeners: 2
    case .go: 3
    case .going: 4
    case .refusal: 5
    }
  }
}

/// A listening socket, as a message describes it.
package struct HandedListener: Equatable, Sendable {
  /// The path that it is bound to.
  package var path: String
  /// What the service manager that made it calls it; nil where a daemon made it.
  package var inheritedName: String?
  /// What the path led to when the daemon made it; nil where the path is not to be removed.
  package var identity: FileStatus.Identity?

  package init(path: String, inheritedName: String?, identity: FileStatus.Identity?) {
    self.path = path
    self.inheritedName = inheritedName
    self.identity = identity
  }
}
