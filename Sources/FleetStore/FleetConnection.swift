internal import CPQ
internal import EventLoop
internal import Fleet
internal import Platform

/// One connection to the database on a loop, which carries out one statement at a time and connects
/// when it has one.
///
/// Hazards: a statement has succeeded only once the server is ready for the next one, because the
/// commit comes after its rows, and can still fail or be lost. A statement that takes too long is
/// never cancelled (a cancelled wait for a standby reports success): the connection is dropped. And
/// libpq closes its socket by itself when it fails, so a registration may be of a number that is
/// closed; the kernel has then forgotten it already.
@safe final class FleetConnection {
  /// The outcome of a statement.
  enum Outcome: ~Copyable {
    case rows(ResultRows)
    case refused(DatabaseRefusal)
    case doubt(String)
    case unreachable(String)
  }

  typealias Completion = (consuming Outcome) -> Void

  private static let maximumExtensions = 5

  private let string: ConnectionString
  private let loop: EventLoop
  private let attempts: Mailbox<ConnectAttempt.Outcome>
  private var receiver: MailboxReceiver<ConnectAttempt.Outcome>?
  private var isConnecting = false
  private var isClosed = false
  private var handle: PostgresHandle?
  private var registration: Registration?
  private var execution: Execution?

  /// A statement under way.
  private struct Execution {
    let statement: Statement
    let limitNanoseconds: Int64
    let completion: Completion
    var timer: TimerID?
    var isSent = false
    var needsFlush = false
    /// Whether bytes went either way since the timer was set.
    var hasProgress = false
    var extensionsLeft = FleetConnection.maximumExtensions
    var error: ServerError?
  }

  /// The last result of the statement under way.
  private var rows: ResultRows?

  init(_ string: ConnectionString, on loop: EventLoop) throws(Errno) {
    self.string = string
    self.loop = loop
    attempts = try Mailbox()
    receiver = try MailboxReceiver(attempts, on: loop) { [unowned self] outcomes in
      for outcome in outcomes { connected(outcome) }
    }
  }

  /// Whether a statement is under way.
  var isBusy: Bool { execution != nil }

  /// Carries out a statement. Nothing else may be under way.
  ///
  /// - Parameters:
  ///   - statement: what to do.
  ///   - limitNanoseconds: how long it may take, a connection included. While bytes go to and fro,
  ///     as for a large page over a slow line, it has up to six times as long.
  ///   - completion: called once, on the loop's thread, perhaps before this returns; not after
  ///     `close`.
  func perform(
    _ statement: Statement, limitNanoseconds: Int64, completion: @escaping Completion
  ) {
    precondition(execution == nil && !isClosed, "one statement at a time")
    let timer = loop.schedule(afterNanoseconds: limitNanoseconds, self, token: 0)
    execution = Execution(
      statement: statement, limitNanoseconds: limitNanoseconds, completion: completion,
      timer: timer)
    // A connection that the server has closed in the meantime is not used: the first call takes
    // what it may have said, the second finds the end.
    if let handle, unsafe cpq_consume(handle.pointer) + cpq_consume(handle.pointer) < 2 { drop() }
    if handle != nil { send() } else { connect() }
  }

  /// Drops the connection and what is under way.
  func close() {
    isClosed = true
    if let timer = execution.take()?.timer { loop.cancel(timer) }
    drop()
    try? receiver.take()?.close()
  }

  private func connect() {
    if isConnecting { return }
    do {
      try ConnectAttempt.start(string, outcome: attempts)
      isConnecting = true
    } catch {
      finish(.unreachable("no thread to connect on: \(error)"))
    }
  }

  private func connected(_ outcome: ConnectAttempt.Outcome) {
    isConnecting = false
    switch outcome {
    case .connected(let handle):
      // SAFETY: the connecting thread has let go of the handle.
      _ = unsafe cpq_set_nonblocking(handle.pointer)
      self.handle = handle
      watch(writing: false)
      if execution != nil { send() }
    case .failed(let reason):
      if execution != nil { finish(.unreachable(reason)) }
    }
  }

  /// Ends the statement under way.
  private func finish(_ outcome: consuming Outcome) {
    guard let execution = execution.take() else { return }
    rows = nil
    if let timer = execution.timer { loop.cancel(timer) }
    execution.completion(outcome)
  }

  /// Drops the connection, but not the statement.
  private func drop() {
    if let registration = registration.take() { try? loop.remove(registration) }
    handle = nil
  }

  /// The connection is gone or of no use: what was sent may have been carried out.
  private func fail(_ reason: String) {
    drop()
    finish(.doubt(reason))
  }
}

extension FleetConnection: EventHandler, TimerHandler {
  func ready(_ readiness: Readiness) {
    guard let handle else { return }
    let isAlive = unsafe cpq_consume(handle.pointer) == 1
    guard let execution, execution.isSent else {
      // Nothing was asked: the server has ended the session, or told a setting.
      if !isAlive { drop() } else { _ = unsafe cpq_is_busy(handle.pointer) }
      return
    }
    self.execution?.hasProgress = true
    if isAlive, execution.needsFlush { flush(handle) }
    if self.execution != nil { takeResults(handle, isAlive: isAlive) }
  }

  func timerFired(token: UInt64) {
    guard let limit = execution?.limitNanoseconds, let isSent = execution?.isSent else { return }
    execution?.timer = nil
    if execution?.hasProgress == true, let left = execution?.extensionsLeft, left > 0 {
      execution?.hasProgress = false
      execution?.extensionsLeft = left - 1
      execution?.timer = loop.schedule(afterNanoseconds: limit, self, token: 0)
      return
    }
    let limitText = "\(limit / 1_000_000) ms"
    if isSent {
      fail("no answer within \(limitText)")
    } else {
      finish(.unreachable("no connection within \(limitText)"))
    }
  }

  private func watch(writing: Bool) {
    guard let handle else { return }
    let interest = Interest(readable: true, writable: writing)
    do {
      if let registration {
        try loop.modify(registration, interest)
      } else {
        registration = try loop.add(handle.socket, interest, handler: self)
      }
    } catch {
      fail("the connection can't be watched: \(error)")
    }
  }

  private func send() {
    guard let handle, let statement = execution?.statement else { return }
    handle.hasWarning = false
    execution?.isSent = true
    guard Self.send(statement, to: handle) else { return fail(handle.message) }
    flush(handle)
  }

  private func flush(_ handle: PostgresHandle) {
    // SAFETY: the loop's thread alone uses the handle.
    let result = unsafe cpq_flush(handle.pointer)
    if result < 0 { return fail(handle.message) }
    let needsFlush = result > 0
    if execution?.needsFlush != needsFlush {
      execution?.needsFlush = needsFlush
      watch(writing: needsFlush)
    }
  }

  /// Takes what has come. The end of the statement is the result that is none.
  private func takeResults(_ handle: PostgresHandle, isAlive: Bool) {
    while unsafe !isAlive || cpq_is_busy(handle.pointer) == 0 {
      guard let result = unsafe cpq_get_result(handle.pointer) else {
        return isAlive ? conclude(handle) : fail(execution?.error?.text ?? handle.message)
      }
      let status = unsafe Int(cpq_result_status(result))
      if status == CPQ_TUPLES_OK || status == CPQ_COMMAND_OK {
        rows = unsafe ResultRows(owning: result)
      } else {
        if execution?.error == nil { execution?.error = unsafe ServerError(of: result) }
        unsafe cpq_clear(result)
      }
    }
  }

  /// The server is ready for the next statement, or libpq has given up.
  private func conclude(_ handle: PostgresHandle) {
    guard let execution else { return }
    if let error = execution.error {
      guard error.isDefinite, handle.isOpen, handle.isIdle else { return fail(error.text) }
      return finish(.refused(error.refusal))
    }
    guard handle.isOpen, handle.isIdle, let rows = self.rows.take() else {
      return fail(handle.message)
    }
    // The wait for the standby was cut short: committed, but perhaps on one machine only.
    if execution.statement.isWriting, handle.hasWarning {
      return fail("the server warned that the commit may not be durable")
    }
    finish(.rows(rows))
  }

  /// Hands a statement to libpq, which copies it.
  private static func send(_ statement: Statement, to handle: PostgresHandle) -> Bool {
    let parameters = statement.parameters
    guard !parameters.isEmpty else {
      return unsafe statement.isScript
        ? cpq_send_script(handle.pointer, statement.text) == 1
        : cpq_send(handle.pointer, statement.text, 0, nil, nil, nil, nil) == 1
    }
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for parameter in parameters {
      parameter.append(to: &bytes)
      ends.append(bytes.count)
    }
    let starts = [0] + ends.dropLast()
    let lengths = zip(starts, ends).map { Int32($1 - $0) }
    let formats = [Int32](repeating: 1, count: parameters.count)
    // A value of no bytes needs a pointer too: NULL would be SQL's.
    bytes.append(0)
    // SAFETY: the pointers are into `bytes`, and are used only inside the closure.
    return unsafe bytes.withUnsafeBytes { buffer in
      let base = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      let values = unsafe starts.map { start in unsafe base.map { unsafe $0 + start } }
      return unsafe cpq_send(
        handle.pointer, statement.text, Int32(parameters.count), parameters.map(\.type), values,
        lengths, formats) == 1
    }
  }
}
