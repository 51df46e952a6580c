internal import EventLoop
internal import Metrics
internal import Platform
internal import RPC

/// Takes the connections of every entrance, on the main thread, and hands each to a worker in turn.
///
/// Identity is what the kernel noted at connect (SO_PEERCRED), whichever socket it came through.
///
/// Connections come in the order in which the kernel has put them, so whoever connects waits for
/// all that others have: what is done for one is little, and less for one that is refused. All that
/// may take its time waits for a turn on the connection's worker.
final class Acceptor {
  private let entrances: Entrances
  private let configuration: Configuration
  private let workers: [Mailbox<WorkerMessage>]
  private let census: ConnectionCensus
  private let log: Log
  private let ownUser = ProcessControl.userID
  private var next = 0
  /// The connections to hand over, for each worker.
  private var accepted: [[WorkerMessage]]

  init(
    _ entrances: Entrances, _ configuration: Configuration,
    _ workers: [Mailbox<WorkerMessage>], _ census: ConnectionCensus, _ log: Log
  ) throws(Errno) {
    self.entrances = entrances
    self.configuration = configuration
    self.workers = workers
    self.census = census
    self.log = log
    accepted = Array(repeating: [], count: workers.count)
    for entrance in entrances.all {
      try entrance.open(
        { [unowned self] descriptor in self.welcome(descriptor) },
        then: { [unowned self] in self.handOver() })
    }
  }

  private func welcome(_ descriptor: consuming FileDescriptor) {
    let credentials: PeerCredentials
    do {
      credentials = try PeerCredentials(of: descriptor)
    } catch {
      return log.write(.warning, "a peer without credentials", [("reason", "\(error)")])
    }
    let user = credentials.userID
    let isExempt = user == 0 || user == ownUser
    let limit = census.enter(
      user, isExempt: isExempt,
      mayUseReserve: isExempt
        || configuration.role(of: credentials, on: descriptor, log) == .operator,
      configuration.limits)
    if let limit {
      census.refusals.add(limit)
      return log.write(.warning, "connection refused", [("limit", limit), ("uid", "\(user)")])
    }
    descriptor.refusePassedDescriptors()
    let peer = Peer(
      userID: user, groupID: credentials.groupID, processID: credentials.processID,
      role: configuration.role(of: credentials, on: descriptor, log))
    accepted[next].append(.accepted(descriptor: descriptor.release(), peer: peer))
    next = (next + 1) % workers.count
  }

  /// Gives the workers what has been accepted since the last time.
  private func handOver() {
    for index in workers.indices where !accepted[index].isEmpty {
      workers[index].post(contentsOf: accepted[index])
      accepted[index].removeAll(keepingCapacity: true)
    }
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
