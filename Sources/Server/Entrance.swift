internal import EventLoop
internal import Platform

/// One socket that is served, on the main thread's loop.
///
/// When descriptors run out the socket is left alone for a while: peers that are connected are not
/// affected.
final class Entrance: EventHandler, TimerHandler {
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
  private let loop: EventLoop
  private let log: Log
  private var registration: Registration?
  private var welcome: ((consuming FileDescriptor) -> Void)?

  init(
    _ listener: consuming UnixListener, path: String, inheritedName: String?, _ loop: EventLoop,
    _ log: Log
  ) {
    self.listener = .some(consume listener)
    self.path = path
    self.inheritedName = inheritedName
    self.loop = loop
    self.log = log
  }

  /// Starts to accept; `welcome` gets every connection.
  func open(_ welcome: @escaping (consuming FileDescriptor) -> Void) throws(Errno) {
    guard let descriptor = listener?.rawValue else { return }
    self.welcome = welcome
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
    loop.schedule(afterNanoseconds: 100_000_000, self, token: 0)
  }

  func timerFired(token: UInt64) {
    guard let registration else { return }
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
    do {
      try loop.remove(registration)
    } catch {
      log.write(.warning, "the listener was not removed", [("reason", "\(error)")])
    }
    listener = nil
    welcome = nil
  }
}
