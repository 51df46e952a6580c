internal import EventLoop
internal import Metrics
internal import Platform

/// One socket that is served, on the main thread's loop.
///
/// When descriptors run out the socket is left alone for a while: peers that are connected are not
/// affected. Once a second its name is looked at, since nobody finds a socket without one: a socket
/// whose name was removed or replaced is bound anew, unless a service manager made it.
final class Entrance: EventHandler, TimerHandler {
  /// How a name is made, and made anew.
  struct Naming {
    let mode: UInt32
    let backlog: Int32
    /// The lock that guards the name, in a folder which is made where it is missing; nil where
    /// another lock does.
    let lockPath: String?
  }

  let path: String
  /// What a service manager calls the socket that it made; nil for one of our own.
  let inheritedName: String?
  /// What another daemon needs to know of the socket; nil once it is closed.
  var handed: (description: HandedListener, descriptor: Int32)? {
    guard let descriptor = listener?.rawValue else { return nil }
    let description = HandedListener(
      path: path, inheritedName: inheritedName, identity: listener?.identity)
    return (description, descriptor)
  }

  private var listener: UnixListener?
  private let naming: Naming
  private let names: SocketNames
  private let loop: EventLoop
  private let log: Log
  private var registration: Registration?
  private var welcome: ((consuming FileDescriptor) -> Void)?
  private var handOver: (() -> Void)?
  private var nameTimer: TimerID?
  /// Held besides that of the start, which went with the folder.
  private var lock: LockFile?
  /// Why the name is missing still, as the log has it.
  private var missing: String? {
    didSet { names.count(missing: (missing == nil ? 0 : 1) - (oldValue == nil ? 0 : 1)) }
  }

  private static let resume: UInt64 = 0
  private static let look: UInt64 = 1

  init(
    _ listener: consuming UnixListener, path: String, inheritedName: String?, _ naming: Naming,
    _ names: SocketNames, _ loop: EventLoop, _ log: Log
  ) {
    self.listener = .some(consume listener)
    self.path = path
    self.inheritedName = inheritedName
    self.naming = naming
    self.names = names
    self.loop = loop
    self.log = log
  }

  /// Starts to accept; `welcome` gets every connection, and `handOver` is called after some.
  func open(
    _ welcome: @escaping (consuming FileDescriptor) -> Void, then handOver: (() -> Void)? = nil
  ) throws(Errno) {
    guard let descriptor = listener?.rawValue else { return }
    self.welcome = welcome
    self.handOver = handOver
    registration = try loop.add(descriptor, .readable, handler: self)
    lookAtName()
  }

  func ready(_ readiness: Readiness) {
    // A bound on a turn, so that a flood of connects can't starve the signals.
    accept(atMost: 64)
  }

  private func accept(atMost count: Int) {
    defer { handOver?() }
    for _ in 0..<count {
      do {
        guard let outcome = try listener?.accept() else { return }
        switch consume outcome {
        case .connection(let descriptor): welcome?(descriptor)
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

  private func pause() {
    guard let registration else { return }
    do { try loop.modify(registration, []) } catch { return }
    loop.schedule(afterNanoseconds: 100_000_000, self, token: Self.resume)
  }

  func timerFired(token: UInt64) {
    guard let registration else { return }
    guard token == Self.resume else { return lookAtName() }
    do {
      try loop.modify(registration, .readable)
    } catch {
      log.write(
        .error, "the listener can't be resumed", [("socket", path), ("reason", "\(error)")])
    }
  }

  /// Stops accepting: closes the listener, and removes its path if it is our own.
  ///
  /// Whoever has connected already may have sent calls: `lastCount` of those that wait are still
  /// welcome. Behind an inherited socket they go on waiting, for the daemon that comes next.
  func close(lastCount: Int) {
    if registration != nil, inheritedName == nil { accept(atMost: lastCount) }
    stop()
  }

  /// Stops accepting, and leaves the socket and its path to another daemon that has both. Whoever
  /// waits, waits for that one.
  func leave() {
    listener?.leaveName()
    stop()
  }

  private func stop() {
    guard let registration else { return }
    self.registration = nil
    if let nameTimer { loop.cancel(nameTimer) }
    missing = nil
    do {
      try loop.remove(registration)
    } catch {
      log.write(.warning, "the listener was not removed", [("reason", "\(error)")])
    }
    listener = nil
    welcome = nil
    handOver = nil
  }
}

extension Entrance {
  private func lookAtName() {
    nameTimer = loop.schedule(afterNanoseconds: 1_000_000_000, self, token: Self.look)
    guard listener?.hasName == false else { return missing = nil }
    guard inheritedName == nil else {
      return report("the service manager that made it has to make it anew")
    }
    do {
      try bindAnew()
      missing = nil
      names.countBoundAnew()
      log.write(.warning, "the name of a socket was gone: it is bound anew", [("socket", path)])
    } catch {
      report("\(error)")
    }
  }

  /// Notes once that nobody can find the socket, and why.
  private func report(_ reason: String) {
    guard missing != reason else { return }
    missing = reason
    log.write(
      .error, "the name of a socket is gone: nobody can connect",
      [("socket", path), ("reason", reason)])
  }

  private func bindAnew() throws {
    if let lockPath = naming.lockPath { try takeLock(lockPath) }
    let fresh = try UnixListener(path: path, mode: naming.mode, backlog: naming.backlog)
    let added = try loop.add(fresh.rawValue, .readable, handler: self)
    // Who has connected while there was a name.
    accept(atMost: Int(naming.backlog))
    let old = registration
    registration = added
    if let old { try loop.remove(old) }
    listener = .some(consume fresh)
  }

  /// Takes the lock beside the name, unless this process holds it.
  private func takeLock(_ path: String) throws {
    try Entrances.createParent(of: path)
    do throws(LockError) {
      lock = .some(try LockFile(path: path))
    } catch {
      guard case .held(_, ProcessControl.processID) = error else { throw error }
    }
  }
}
