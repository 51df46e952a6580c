internal import CLinux
package import Platform

/// One thread's loop: waits for descriptors, timers and messages, and calls their handlers in turn.
///
/// A turn calls `beforeWait`, waits once, reads the clock once, fires the due timers, handles the
/// events, and then calls `work`. Everything happens on one thread, so there are no locks and the
/// class is not `Sendable`; other threads reach a loop through a `Mailbox`. Events are
/// level-triggered: a handler that leaves bytes unread is called again, so it can limit its work
/// for one peer in a turn.
///
/// Hazard: remove a registration before its descriptor is closed. epoll watches the open file, not
/// the number, so a duplicated descriptor would still report events.
/// `@safe`: the one pointer is allocated in `init`, used within `turn` only and freed in `deinit`.
@safe package final class EventLoop {
  /// How many events one wait takes at most.
  private static let batchSize = 256

  /// How many timers fire in a turn at most.
  private static let timersPerTurn = 1024

  /// Called before each wait.
  package var beforeWait: (() -> Void)?

  /// Called at the end of each turn, for work that its timers and events have queued. If it returns
  /// true, there is more: the loop polls for events without waiting and calls it again.
  package var work: (() -> Bool)?

  /// The longest turn so far, from a wake-up until the loop is ready for the next one, in
  /// nanoseconds.
  package private(set) var longestTurnNanoseconds: Int64 = 0

  /// The monotonic clock in nanoseconds, read at this turn's wake-up.
  package private(set) var now: Int64

  private let epoll: FileDescriptor
  // SAFETY: room for `batchSize` events, and a wait fills no more.
  private let events: UnsafeMutablePointer<clinux_epoll_event>
  private var registrations = RegistrationTable()
  private var timers = TimerQueue()
  private var isStopping = false
  private var isInTurn = false
  private var hasMoreWork = false
  /// Whether `now` is the beginning of a turn.
  private var hasTurned = false

  package init() throws(Errno) {
    epoll = FileDescriptor(owning: try SystemCall.value { clinux_epoll_create() })
    unsafe events = .allocate(capacity: Self.batchSize)
    now = Clock.monotonicNanoseconds()
  }

  deinit {
    unsafe events.deallocate()
  }

  /// Runs turns until `stop` is called; the current turn ends first. Returns at once if `stop` was
  /// called before.
  package func run() throws(Errno) {
    while !isStopping {
      try turn(timeoutNanoseconds: nil)
    }
    isStopping = false
  }

  /// Ends `run`. Call it on the loop's thread; other threads post a message that calls it.
  package func stop() {
    isStopping = true
  }

  /// Waits once and calls the handlers of due timers and events.
  ///
  /// - Parameter timeoutNanoseconds: how long to wait if nothing happens; nil means without limit.
  /// - Throws: the kernel's error. None is expected.
  package func turn(timeoutNanoseconds: Int64?) throws(Errno) {
    precondition(!isInTurn, "a handler may not turn its own loop")
    isInTurn = true
    defer { isInTurn = false }
    beforeWait?()
    let count = try wait(
      milliseconds: waitMilliseconds(atMost: hasMoreWork ? 0 : timeoutNanoseconds))
    now = Clock.monotonicNanoseconds()
    hasTurned = true
    fireTimers()
    for index in 0..<count {
      let event = unsafe events[index]
      registrations.handler(of: Registration(data: event.data))?
        .ready(Readiness(events: event.events))
    }
    hasMoreWork = work?() ?? false
  }
}

extension EventLoop {
  /// Watches a descriptor. The loop retains the handler until the registration is removed.
  ///
  /// - Throws: `Errno.fileExists` if the descriptor is already watched, `Errno.notPermitted` if it
  ///   can't be watched (a regular file), `Errno.noSpace` at the system's limit of watches.
  package func add(
    _ descriptor: Int32, _ interest: Interest, handler: any EventHandler
  ) throws(Errno) -> Registration {
    let registration = registrations.insert(descriptor: descriptor, handler: handler)
    do {
      let epoll = epoll.rawValue
      _ = try SystemCall.value {
        clinux_epoll_add(epoll, descriptor, interest.events, registration.data)
      }
    } catch {
      registrations.remove(registration)
      throw error
    }
    return registration
  }

  /// Changes the events that the handler gets. An empty set still gets hang-ups.
  package func modify(_ registration: Registration, _ interest: Interest) throws(Errno) {
    guard let descriptor = registrations.descriptor(of: registration) else {
      preconditionFailure("the registration was removed")
    }
    let epoll = epoll.rawValue
    _ = try SystemCall.value {
      clinux_epoll_modify(epoll, descriptor, interest.events, registration.data)
    }
  }

  /// Stops watching a descriptor. Its handler is not called again, not even for an event that has
  /// already happened.
  package func remove(_ registration: Registration) throws(Errno) {
    guard let descriptor = registrations.descriptor(of: registration) else {
      preconditionFailure("the registration was removed")
    }
    registrations.remove(registration)
    let epoll = epoll.rawValue
    _ = try SystemCall.value { clinux_epoll_remove(epoll, descriptor) }
  }

  /// How many descriptors are watched.
  package var registrationCount: Int { registrations.count }
}

extension EventLoop {
  /// Calls `handler` once, after the delay, counted from this turn's `now`. The loop retains it
  /// until then.
  ///
  /// - Parameters:
  ///   - delayNanoseconds: 0 or less fires in the next turn.
  ///   - handler: the handler to call.
  ///   - token: passed to the handler, to distinguish its timers.
  /// - Returns: the id to cancel it with.
  @discardableResult
  package func schedule(
    afterNanoseconds delayNanoseconds: Int64, _ handler: any TimerHandler, token: UInt64
  ) -> TimerID {
    let (deadline, overflow) = now.addingReportingOverflow(max(0, delayNanoseconds))
    return timers.schedule(
      deadlineNanoseconds: overflow ? .max : deadline, handler: handler, token: token)
  }

  /// Cancels a timer.
  ///
  /// - Returns: false if it has fired or was already cancelled.
  @discardableResult
  package func cancel(_ timer: TimerID) -> Bool {
    timers.cancel(timer)
  }

  /// How many timers wait.
  package var timerCount: Int { timers.count }

  /// If many are due at once, they take several turns, so that descriptors are still served.
  private func fireTimers() {
    let sequence = timers.nextSequence
    for _ in 0..<Self.timersPerTurn {
      guard let due = timers.popDue(nowNanoseconds: now, before: sequence) else { return }
      due.handler.timerFired(token: due.token)
    }
  }

  /// Rounded up: a timer never fires early, and a wait of 0 would spin until it is due.
  private func waitMilliseconds(atMost timeoutNanoseconds: Int64?) -> Int32 {
    let present = Clock.monotonicNanoseconds()
    if hasTurned { longestTurnNanoseconds = max(longestTurnNanoseconds, present - now) }
    var nanoseconds = timeoutNanoseconds ?? .max
    if let deadline = timers.nextDeadlineNanoseconds() {
      nanoseconds = min(nanoseconds, deadline - present)
    } else if timeoutNanoseconds == nil {
      return -1
    }
    if nanoseconds <= 0 { return 0 }
    let milliseconds = (nanoseconds - 1) / 1_000_000 + 1
    return Int32(clamping: milliseconds)
  }

  /// How many events happened; 0 if a signal interrupted the wait.
  private func wait(milliseconds: Int32) throws(Errno) -> Int {
    let descriptor = epoll.rawValue
    do {
      let count = try SystemCall.valueOnce {
        unsafe clinux_epoll_wait(descriptor, events, Int32(Self.batchSize), milliseconds)
      }
      return Int(count)
    } catch {
      if error == .interrupted { return 0 }
      throw error
    }
  }
}
