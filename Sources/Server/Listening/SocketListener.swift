internal import EventLoop
internal import Metrics
internal import Platform

/// One socket that is served, on the main thread's loop.
///
/// When descriptors run out it accepts nothing for a tenth of a second; connected peers are not
/// affected. Once a second it checks that its name still leads to the socket, since a client can't
/// find a socket without one: a socket whose name was removed or replaced is bound anew, unless a
/// service manager made it.
final class SocketListener: EventHandler {
  /// How a name is made, and made anew.
  struct Naming {
    let mode: UInt32
    let backlog: Int32
    /// The lock that guards the name, in a folder which is made if it is missing; nil where
    /// another lock does.
    let lockPath: String?
  }

  /// The values that every listener uses.
  struct Context {
    let names: SocketNames
    let loop: EventLoop
    let log: Log
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
  private var afterAccepting: (() -> Void)?
  private lazy var nameTimer = LoopTimer(on: loop) { [unowned self] in
    checkName()
    return 1_000_000_000
  }
  private lazy var resumeTimer = LoopTimer(on: loop) { [unowned self] in
    resume()
    return nil
  }
  /// Replaces the lock of the start if that was in a folder that has gone.
  private var lock: LockFile?
  /// The logged reason why the name is still missing.
  private var missing: String? {
    didSet { names.count(missing: (missing == nil ? 0 : 1) - (oldValue == nil ? 0 : 1)) }
  }

  init(
    _ listener: consuming UnixListener, path: String, inheritedName: String?, naming: Naming,
    context: Context
  ) {
    self.listener = .some(consume listener)
    self.path = path
    self.inheritedName = inheritedName
    self.naming = naming
    names = context.names
    loop = context.loop
    log = context.log
  }

  /// Starts to accept; `welcome` gets every connection, and `afterAccepting` is called after some.
  func open(
    _ welcome: @escaping (consuming FileDescriptor) -> Void,
    then afterAccepting: (() -> Void)? = nil
  ) throws(Errno) {
    guard let descriptor = listener?.rawValue else { return }
    self.welcome = welcome
    self.afterAccepting = afterAccepting
    registration = try loop.add(descriptor, .readable, handler: self)
    checkName()
    nameTimer.schedule(afterNanoseconds: 1_000_000_000)
  }

  func ready(_ readiness: Readiness) {
    // A bound on a turn, so that a flood of connects can't starve the signals.
    accept(maximumCount: 64)
  }

  private func accept(maximumCount count: Int) {
    defer { afterAccepting?() }
    for _ in 0..<count {
      do {
        guard let outcome = try listener?.accept() else { return }
        switch consume outcome {
        case .connection(let descriptor): welcome?(descriptor)
        case .wouldBlock: return
        case .descriptorsExhausted(let error):
          log.warning("no descriptor for a connection", [("reason", "\(error)")])
          return pause()
        }
      } catch {
        log.warning("a connection was not accepted", [("reason", "\(error)")])
        return
      }
    }
  }

  private func pause() {
    guard let registration else { return }
    do { try loop.modify(registration, []) } catch { return }
    resumeTimer.schedule(afterNanoseconds: 100_000_000)
  }

  private func resume() {
    guard let registration else { return }
    do {
      try loop.modify(registration, .readable)
    } catch {
      log.error("the listener can't be resumed", [("socket", path), ("reason", "\(error)")])
    }
  }

  /// Stops accepting: closes the listener, and removes its path if it is our own.
  ///
  /// A peer that has connected already may have sent calls, so it still accepts `lastCount` of the
  /// connections that wait. Those of an inherited socket go on waiting, for the next daemon.
  func close(lastCount: Int) {
    if registration != nil, inheritedName == nil { accept(maximumCount: lastCount) }
    stop()
  }

  /// Stops accepting, and leaves the socket and its path to another daemon, which has both and
  /// accepts the connections that wait.
  func leave() {
    listener?.leaveName()
    stop()
  }

  private func stop() {
    guard let registration else { return }
    self.registration = nil
    nameTimer.cancel()
    missing = nil
    do {
      try loop.remove(registration)
    } catch {
      log.warning("the listener was not removed", [("reason", "\(error)")])
    }
    listener = nil
    welcome = nil
    afterAccepting = nil
  }
}

extension SocketListener {
  private func checkName() {
    guard listener?.hasName == false else { return missing = nil }
    guard inheritedName == nil else {
      return report("the service manager made the socket, and must make it again")
    }
    do {
      try bindAnew()
      missing = nil
      names.countBoundAnew()
      log.warning("the path of a socket was missing: the socket is bound again", [("socket", path)])
    } catch {
      report("\(error)")
    }
  }

  /// Logs once that no client can find the socket, and why.
  private func report(_ reason: String) {
    guard missing != reason else { return }
    missing = reason
    log.error(
      "the path of a socket is missing: no process can connect",
      [("socket", path), ("reason", reason)])
  }

  private func bindAnew() throws {
    if let lockPath = naming.lockPath { try takeLock(lockPath) }
    let fresh = try UnixListener(path: path, mode: naming.mode, backlog: naming.backlog)
    let added = try loop.add(fresh.rawValue, .readable, handler: self)
    // The connections that were made while the old socket had a name.
    accept(maximumCount: Int(naming.backlog))
    let old = registration
    registration = added
    if let old { try loop.remove(old) }
    listener = .some(consume fresh)
  }

  /// Takes the lock beside the name, unless this process holds it.
  private func takeLock(_ path: String) throws {
    try ServedSockets.createParent(of: path)
    do throws(LockError) {
      lock = .some(try LockFile(path: path))
    } catch {
      guard case .held(_, ProcessControl.processID) = error else { throw error }
    }
  }
}
