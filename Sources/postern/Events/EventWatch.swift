internal import Messages
internal import PosternClient

/// Follows the changes, over as many connections as it takes.
///
/// The position is the revision up to which everything was printed. It moves when a message was
/// printed whole, and each connection asks from the one behind it, so a break costs nothing.
struct EventWatch {
  private let invocation: Invocation
  private let selection: EventSelection
  private let deadlineNanoseconds: Int64?
  private var printer: EventPrinter
  /// nil until the daemon has said where now is.
  private var next: UInt64?
  /// Of which history that is; zero until the daemon has said so. After a restore `next` would mean
  /// something else.
  private var epoch: UInt64 = 0
  private var delay = RetryDelay()
  private var isLost = false

  init(
    _ invocation: Invocation, _ selection: EventSelection, from revision: UInt64?,
    timeoutSeconds: Int64?
  ) {
    self.invocation = invocation
    self.selection = selection
    let now = invocation.context.monotonicNanoseconds
    deadlineNanoseconds = timeoutSeconds.map { now + min($0, 1 << 32) * 1_000_000_000 }
    printer = EventPrinter(invocation)
    next = revision
  }

  /// Goes on until the time is up, or something is wrong that another attempt can't put right.
  mutating func run() throws(Failure) {
    // What is wrong from the start is an error.
    var client: PosternClient? = try invocation.connect(waits: true)
    invocation.context.endOnInterrupt()
    while true {
      do throws(Failure) {
        let connected =
          if let client = client.take() { client } else { try invocation.connect(waits: true) }
        try follow(connected)
      } catch {
        if isOver, !isLost, case .call(.status(code: 4, _, _, _, _)) = error { return }
        guard isBreak(error), !isOver else { throw error }
        if !isLost { invocation.remark("postern: \(reason(error)); waiting for the daemon") }
        isLost = true
        delay.wait(invocation.context)
      }
    }
  }

  private mutating func follow(_ client: PosternClient) throws(Failure) {
    if let deadlineNanoseconds {
      client.streamTimeout = .nanoseconds(
        deadlineNanoseconds - invocation.context.monotonicNanoseconds)
    }
    var failure: Failure?
    do throws(ClientError) {
      let (selection, first, epoch) = (selection, next, epoch)
      try client.watch { request in
        selection.write(into: request)
        if let first { request.setFromRevision(first) }
        request.setLedgerEpoch(epoch)
      } each: { message in
        failure = print(message)
        return failure == nil
      }
      failure = failure ?? .call(.connection("the daemon ended the watch"))
    } catch {
      failure = .call(error)
    }
    if let failure { throw failure }
  }

  private mutating func print(_ message: PosternV1.WatchResponse) -> Failure? {
    delay = RetryDelay()
    if isLost {
      let position = next.map { "; going on from revision \($0)" } ?? ""
      invocation.remark("postern: the daemon is back\(position)")
    }
    isLost = false
    for index in 0..<message.eventsCount { printer.add(message.events(at: index)) }
    do throws(Failure) { try printer.flush() } catch { return error }
    next = message.revision + 1
    epoch = message.ledgerEpoch
    return nil
  }

  /// Whether the daemon is gone and may come back. Before the first answer of all, nothing says
  /// that it was ever there.
  private func isBreak(_ failure: Failure) -> Bool {
    switch failure {
    case .misuse: false
    // From connecting: only after a break, when no daemon is there yet. From printing: the reader
    // of the output is gone.
    case .trouble: isLost
    case .call(.connection), .call(.status(code: 14, _, _, _, _)): true
    case .call: false
    }
  }

  private var isOver: Bool {
    deadlineNanoseconds.map { $0 <= invocation.context.monotonicNanoseconds } ?? false
  }

  private func reason(_ failure: Failure) -> String {
    switch failure {
    case .call(let error): DisplayText(error.description).description
    case .misuse(let sentence), .trouble(let sentence, _): sentence
    }
  }
}

/// How long to wait before the next attempt: longer each time, up to two seconds.
struct RetryDelay {
  private var nanoseconds: Int64 = 100_000_000
  /// How often it was waited.
  private(set) var count = 0

  mutating func wait(_ context: any ProcessContext) {
    let deadline = context.monotonicNanoseconds + nanoseconds
    while case .disturbed = context.wait(untilNanoseconds: deadline) {}
    nanoseconds = min(nanoseconds * 2, 2_000_000_000)
    count += 1
  }
}
