internal import EventLoop
internal import Metrics
internal import Platform
internal import RPC

/// Accepts connections on the main thread's loop and hands each to a worker, in turn.
///
/// Identity is what the kernel noted at connect (SO_PEERCRED). When descriptors run out the
/// listener is left alone for a while: peers that are connected are not affected.
final class Acceptor: EventHandler, TimerHandler {
  private let loop: EventLoop
  private var listener: UnixListener?
  private let configuration: Configuration
  private let workers: [Mailbox<WorkerMessage>]
  private let census: ConnectionCensus
  private let log: Log
  private var registration: Registration?
  private var next = 0

  init(
    _ loop: EventLoop, _ listener: consuming UnixListener, _ configuration: Configuration,
    _ workers: [Mailbox<WorkerMessage>], _ census: ConnectionCensus, _ log: Log
  ) throws(Errno) {
    self.loop = loop
    self.listener = .some(consume listener)
    self.configuration = configuration
    self.workers = workers
    self.census = census
    self.log = log
    guard let descriptor = self.listener?.rawValue else { return }
    registration = try loop.add(descriptor, .readable, handler: self)
  }

  func ready(_ readiness: Readiness) {
    // A bound on a turn, so that a flood of connects can't starve the signals.
    accept(atMost: 64)
  }

  private func accept(atMost count: Int) {
    for _ in 0..<count {
      do {
        guard let outcome = try listener?.accept() else { return }
        switch consume outcome {
        case .connection(let descriptor): welcome(descriptor)
        case .wouldBlock: return
        case .descriptorsExhausted(let error):
          log.write(.warning, "no descriptor for a connection", [("reason", "\(error)")])
          return pause()
        }
      } catch {
        log.write(.warning, "a connection was not accepted", [("reason", "\(error)")])
        return
      }
    }
  }

  private func welcome(_ descriptor: consuming FileDescriptor) {
    let credentials: PeerCredentials
    do {
      credentials = try PeerCredentials(of: descriptor)
    } catch {
      return log.write(.warning, "a peer without credentials", [("reason", "\(error)")])
    }
    let peer = Peer(
      userID: credentials.userID, groupID: credentials.groupID,
      processID: credentials.processID, role: configuration.role(of: credentials))
    let isExempt = peer.userID == 0 || peer.userID == ProcessControl.userID
    if let limit = census.enter(peer.userID, isExempt: isExempt, configuration.limits) {
      census.refusals.add(limit)
      return log.write(
        .warning, "connection refused", [("limit", limit), ("uid", "\(peer.userID)")])
    }
    workers[next].post(.accepted(descriptor: descriptor.release(), peer: peer))
    next = (next + 1) % workers.count
  }

  private func pause() {
    guard let registration else { return }
    do { try loop.modify(registration, []) } catch { return }
    loop.schedule(afterNanoseconds: 100_000_000, self, token: 0)
  }

  func timerFired(token: UInt64) {
    guard let registration else { return }
    do {
      try loop.modify(registration, .readable)
    } catch {
      log.write(.error, "the listener can't be resumed", [("reason", "\(error)")])
    }
  }

  /// Stops accepting: closes the listener and removes its path. Whoever has connected already may
  /// have sent calls, and is still welcome.
  func stop() {
    guard let registration else { return }
    accept(atMost: configuration.limits.connections)
    self.registration = nil
    do {
      try loop.remove(registration)
    } catch {
      log.write(.warning, "the listener was not removed", [("reason", "\(error)")])
    }
    listener = nil
  }
}
