internal import EventLoop
internal import Metrics
internal import Platform
internal import RPC

/// Takes the connections of every entrance, on the main thread, and hands each to a worker in turn.
///
/// Identity is what the kernel noted at connect (SO_PEERCRED), whichever socket it came through.
final class Acceptor {
  private let entrances: Entrances
  private let configuration: Configuration
  private let workers: [Mailbox<WorkerMessage>]
  private let census: ConnectionCensus
  private let log: Log
  private var next = 0

  init(
    _ entrances: Entrances, _ configuration: Configuration,
    _ workers: [Mailbox<WorkerMessage>], _ census: ConnectionCensus, _ log: Log
  ) throws(Errno) {
    self.entrances = entrances
    self.configuration = configuration
    self.workers = workers
    self.census = census
    self.log = log
    for entrance in entrances.all {
      try entrance.open { [unowned self] descriptor in self.welcome(descriptor) }
    }
  }

  private func welcome(_ descriptor: consuming FileDescriptor) {
    descriptor.refusePassedDescriptors()
    let credentials: PeerCredentials
    do {
      credentials = try PeerCredentials(of: descriptor)
    } catch {
      return log.write(.warning, "a peer without credentials", [("reason", "\(error)")])
    }
    let peer = Peer(
      userID: credentials.userID, groupID: credentials.groupID,
      processID: credentials.processID,
      role: configuration.role(of: credentials, on: descriptor, log))
    let isExempt = peer.userID == 0 || peer.userID == ProcessControl.userID
    let mayUseReserve = isExempt || peer.role == .operator
    if let limit = census.enter(
      peer.userID, isExempt: isExempt, mayUseReserve: mayUseReserve, configuration.limits)
    {
      census.refusals.add(limit)
      return log.write(
        .warning, "connection refused", [("limit", limit), ("uid", "\(peer.userID)")])
    }
    workers[next].post(.accepted(descriptor: descriptor.release(), peer: peer))
    next = (next + 1) % workers.count
  }

  /// Stops accepting; see `Entrance.leave`.
  func leave() {
    for entrance in entrances.all { entrance.leave() }
  }

  /// Stops accepting; see `Entrance.close`.
  func stop() {
    for entrance in entrances.all { entrance.close(lastCount: configuration.limits.connections) }
  }
}
