internal import EventLoop
internal import Metrics
internal import Platform
internal import RPC

/// Accepts the connections of every listener, on the main thread, and hands each to a worker in
/// turn.
///
/// Identity is what the kernel noted at connect (SO_PEERCRED), whichever socket it came through.
///
/// The kernel puts connections into one queue, so each peer waits for the connections of all
/// others. Little is done here for a connection, and less for one that is refused; the rest waits
/// for a turn on the connection's worker.
final class Acceptor {
  private let listeners: ServedSockets
  private let configuration: Configuration
  private let workers: [WorkerLink]
  private let census: ConnectionCensus
  private let log: Log
  private let ownUser = ProcessControl.userID
  private var next = 0
  /// The accepted connections, for each worker.
  private var accepted: [[WorkerMessage]]

  init(
    _ listeners: ServedSockets, _ configuration: Configuration, threads: Threads, log: Log
  ) throws(Errno) {
    self.listeners = listeners
    self.configuration = configuration
    workers = threads.workers
    census = threads.census
    self.log = log
    accepted = Array(repeating: [], count: workers.count)
    for listener in listeners.all {
      try listener.open(
        { [unowned self] descriptor in self.welcome(descriptor) },
        then: { [unowned self] in self.postAccepted() })
    }
  }

  private func welcome(_ descriptor: consuming FileDescriptor) {
    let credentials: PeerCredentials
    do {
      credentials = try PeerCredentials(of: descriptor)
    } catch {
      return log.warning("a peer has no credentials", [("reason", "\(error)")])
    }
    let user = credentials.userID
    let isExempt = user == 0 || user == ownUser
    let limit = census.enter(
      user, isExempt: isExempt,
      mayUseReserve: isExempt
        || configuration.role(of: credentials, on: descriptor, log: log) == .operator,
      limits: configuration.limits)
    if let limit {
      census.refusals.add(limit)
      return log.warning("connection refused", [("limit", limit), ("uid", "\(user)")])
    }
    descriptor.refusePassedDescriptors()
    let peer = Peer(
      userID: user, groupID: credentials.groupID, processID: credentials.processID,
      role: configuration.role(of: credentials, on: descriptor, log: log),
      isProxy: configuration.isProxy(credentials, on: descriptor, log: log))
    accepted[next].append(.accepted(descriptor: descriptor.release(), peer: peer))
    next = (next + 1) % workers.count
  }

  /// Gives the workers the connections accepted since the last time.
  private func postAccepted() {
    for index in workers.indices where !accepted[index].isEmpty {
      workers[index].mailbox.post(contentsOf: accepted[index])
      accepted[index].removeAll(keepingCapacity: true)
    }
  }

  /// Stops accepting; see `SocketListener.leave`.
  func leave() {
    for listener in listeners.all { listener.leave() }
  }

  /// Stops accepting; see `SocketListener.close`.
  func stop() {
    for listener in listeners.all { listener.close(lastCount: configuration.limits.connections) }
  }
}
