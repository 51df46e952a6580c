internal import EventLoop
internal import Metrics
internal import Platform

/// The socket in the data folder at which another daemon can take this one's place, on the main
/// thread's loop.
///
/// Only root and the daemon's own user may connect: the folder and the socket are private, and the
/// peer's credentials are checked as well. There is one take-over at a time, and until its last
/// message it changes nothing here.
final class ControlSocket {
  /// The name in the data folder.
  static let name = "control.sock"

  /// The process that takes over, once it has sent its last message.
  private(set) var successor: Int32?

  private let loop: EventLoop
  private let log: Log
  /// The listening sockets, with their descriptors.
  private let listeners: () -> [(description: HandedListener, descriptor: Int32)]
  private let drainNanoseconds: Int64
  private let end: () -> Void
  private let listener: SocketListener
  private var connections: [ControlConnection] = []

  /// As `init`, but a socket that can't be made is a warning: it is needed for upgrades only.
  static func open(
    _ configuration: Configuration, _ context: SocketListener.Context,
    listeners: @escaping () -> [(description: HandedListener, descriptor: Int32)],
    end: @escaping () -> Void
  ) -> ControlSocket? {
    do {
      return try ControlSocket(configuration, context, listeners: listeners, end: end)
    } catch {
      context.log.warning("no other daemon will be able to take over", [("reason", "\(error)")])
      return nil
    }
  }

  /// Starts to listen. Hold the lock of the data folder.
  ///
  /// - Parameters:
  ///   - configuration: says where, and how long calls in flight may take.
  ///   - context: the loop accepts, on its thread; the log tells of every take-over.
  ///   - listeners: says what is listened at, when a peer asks.
  ///   - end: called when a peer has taken over. It must stop to accept at once, and leave the
  ///     sockets and their names alone.
  /// - Throws: `ListenError`, or the errors of `EventLoop.add`.
  init(
    _ configuration: Configuration, _ context: SocketListener.Context,
    listeners: @escaping () -> [(description: HandedListener, descriptor: Int32)],
    end: @escaping () -> Void
  ) throws {
    loop = context.loop
    log = context.log
    self.listeners = listeners
    self.drainNanoseconds = configuration.limits.drainNanoseconds
    self.end = end
    let path = "\(configuration.dataFolder)/\(Self.name)"
    let naming = SocketListener.Naming(mode: 0o600, backlog: 16, lockPath: nil)
    listener = SocketListener(
      try UnixListener(path: path, mode: naming.mode, backlog: naming.backlog), path: path,
      inheritedName: nil, naming: naming, context: context)
    try listener.open { [unowned self] descriptor in self.welcome(descriptor) }
  }

  private func welcome(_ descriptor: consuming FileDescriptor) {
    let peer: PeerCredentials
    do {
      peer = try PeerCredentials(of: descriptor)
    } catch {
      return log.warning("a peer has no credentials", [("reason", "\(error)")])
    }
    guard Self.mayTakeOver(peer.userID, ownUserID: ProcessControl.userID) else {
      return refuse(peer, on: descriptor, "user \(peer.userID) may not take over")
    }
    // The other connection may have ended in this turn of the loop.
    connections.first?.ready(.readable)
    if let other = connections.first {
      return refuse(peer, on: descriptor, "process \(other.peer.processID) is taking over already")
    }
    do {
      connections = [try ControlConnection(descriptor, of: peer, socket: self, on: loop)]
    } catch {
      log.warning("a connection to the control socket failed", [("reason", "\(error)")])
    }
  }

  /// Whether a user may take over: root and the daemon's own user may.
  static func mayTakeOver(_ userID: UInt32, ownUserID: UInt32) -> Bool {
    userID == 0 || userID == ownUserID
  }

  private func refuse(
    _ peer: PeerCredentials, on descriptor: borrowing FileDescriptor, _ reason: String
  ) {
    report(peer, reason)
    // Nothing is lost if it doesn't arrive: the connection ends either way.
    _ = try? descriptor.send(UpgradeMessage.refusal(reason).encoded().span)
  }

  /// Notes why a peer did not take over.
  func report(_ peer: PeerCredentials, _ reason: String) {
    log.warning(
      "no take-over",
      [("reason", reason), ("uid", "\(peer.userID)"), ("pid", "\(peer.processID)")])
  }

  /// Sends the listening sockets; false if that fails.
  func giveListeners(
    _ descriptor: borrowing FileDescriptor, _ peer: PeerCredentials
  ) -> Bool {
    let given = listeners()
    guard given.count <= FileDescriptor.maximumPassedDescriptors else {
      refuse(
        peer, on: descriptor,
        "\(given.count) sockets are too many: "
          + "\(FileDescriptor.maximumPassedDescriptors) can be given"
      )
      return false
    }
    let message = UpgradeMessage.listeners(
      given.map(\.description), drainNanoseconds: drainNanoseconds
    ).encoded()
    do {
      let outcome = try descriptor.send(message.span, passing: given.map(\.descriptor))
      guard case .bytes(message.count) = outcome else {
        report(peer, "the sockets could not be sent in one piece")
        return false
      }
    } catch {
      report(peer, "the sockets could not be sent: \(error)")
      return false
    }
    log.info("the sockets were given to another daemon", [("pid", "\(peer.processID)")])
    return true
  }

  /// Lets a peer take over: once it has this answer, it accepts the connections.
  func giveWay(_ descriptor: borrowing FileDescriptor, _ peer: PeerCredentials) {
    let answer = UpgradeMessage.going.encoded()
    do {
      guard case .bytes(answer.count) = try descriptor.send(answer.span) else {
        return report(peer, "it doesn't read")
      }
    } catch {
      return report(peer, "it has ended: \(error)")
    }
    successor = peer.processID
    log.info("handing over", [("pid", "\(peer.processID)")])
    end()
  }

  /// Forgets a connection that is over.
  func remove(_ connection: ControlConnection) {
    connections.removeAll { $0 === connection }
  }

  /// Lets no other daemon take over. One that has keeps its connection until this process ends.
  func close() {
    if successor == nil { for connection in connections { connection.close() } }
    listener.close(lastCount: 0)
  }
}
