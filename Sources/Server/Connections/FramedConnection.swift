internal import EventLoop
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Services

/// A connection that a sniffer can turn into.
protocol FramedServing: ServedConnection {
  /// Takes the bytes by which the protocol was recognized, and begins to read.
  func start(with received: borrowing ByteBuffer)
}

/// A connection that speaks one of the protocols: reads, hands complete calls to the worker,
/// and writes answers.
///
/// An event (bytes, an answer, a revision, a timer) is only noted, and puts the connection into the
/// worker's run queue; the work is done in its turn, which is a slice of time. The rest waits for
/// the next turn, behind the turns of all others.
///
/// Backpressure: while a peer leaves more than `outputBytes` of answers unread, it is not read and
/// its calls are not taken; both go on once it has read half of them.
final class FramedConnection<Wire: Framing & ~Copyable>:
  EventHandler, TimerHandler, FramedServing, CallTaker
{
  let worker: Worker
  let identity: ConnectionIdentity
  private let descriptor: FileDescriptor
  var framing: Wire
  private var registration: Registration?
  private var interest: Interest = []
  /// Whether the peer is read: it has not ended, and takes its answers.
  private var isReading = true
  /// The commands that have not been answered, by stream.
  var pending: [UInt32: PendingCommand] = [:]
  /// The open streams.
  var streams: [UInt32: OpenStream] = [:]
  /// The streams that have something to do, in the order in which they are to do it.
  var due = FIFO<UInt32>()
  /// How many of those were due after the last read and have not had their turn since: until then
  /// nothing is read that could open more.
  var backlog = 0
  /// The open streams of queries that go on from turn to turn. Until they are answered
  /// no further call is taken, so there is one long one at a time.
  var queries: Set<UInt32> = []
  /// The streams that wait for a new revision.
  var followers: Set<UInt32> = []
  /// The streams that wait for room.
  var stalled: Set<UInt32> = []
  /// How long before the last stream a peer hears that there will be one.
  private static var announcementNanoseconds: Int64 { 100_000_000 }
  /// How long a peer that has heard of the end may take to end the connection itself.
  private static var farewellNanoseconds: Int64 { 250_000_000 }
  /// How long, and at most twice as long, a peer that has been refused may go on sending before it
  /// is answered all the same.
  private static var patienceNanoseconds: Int64 { 700_000_000 }
  /// The timer of answers that wait for the end of their requests.
  private var patience: TimerID?
  /// The timer of the next step of a drain.
  private var drainEnd: TimerID?
  /// Whether there is something to read.
  private var hasArrivals = false
  /// Whether the loop has told of the descriptor since the last turn.
  private var wasTold = false
  /// Whether a revision was published that a stream waits for.
  private var hasNews = false
  /// Whether the last turn has left calls that were read.
  private var hasUntaken = false
  private var lastReadNanoseconds: Int64 = 0
  /// Since when the peer has taken nothing of what waits for it.
  private var stalledNanoseconds: Int64?
  /// The count of held memory that the worker knows.
  private var accountedBytes = 0
  private(set) var isDraining = false
  /// Whether the peer can send nothing more.
  private var hasStoppedReading = false
  /// Whether everything is sent and the connection waits for its peer to close it.
  private var isLeaving = false
  private(set) var isClosed = false
  /// The program that the peer runs, read when it first wants to change something.
  private(set) lazy var executable = PeerProcess.executable(identity.peer.processID, on: descriptor)
  /// The peer has sent its last byte; what it has asked for is still answered.
  private var hasEnded = false

  init(
    _ descriptor: consuming FileDescriptor, _ framing: consuming Wire,
    identity: ConnectionIdentity, worker: Worker
  ) {
    self.worker = worker
    self.identity = identity
    self.descriptor = descriptor
    self.framing = framing
  }

  func start(with received: borrowing ByteBuffer) {
    do {
      interest = .readable
      lastReadNanoseconds = worker.loop.now
      registration = try worker.loop.add(descriptor.rawValue, interest, handler: self)
    } catch {
      return close()
    }
    receive(received.bytes)
    if !isClosed { worker.giveTurn(identity.place) }
  }

  func ready(_ readiness: Readiness) {
    if readiness.isHungUp, !isReading { return close() }
    // Once is enough: the loop would report a thousand waiting connections in every turn.
    if wasTold { mute() }
    wasTold = true
    if isReading, readiness.hasNews { hasArrivals = true }
    worker.giveTurn(identity.place)
  }

  /// Lets the loop be silent until the connection has had its turn.
  private func mute() {
    let nothing = Interest(readable: false, writable: false)
    guard interest != nothing, let registration else { return }
    interest = nothing
    do { try worker.loop.modify(registration, nothing) } catch { close() }
  }

  func takeTurn() {
    wasTold = false
    worker.beginSlice()
    if worker.isDraining { drain() }
    // Calls that have been read come before others, and hold those back in the socket.
    // Behind a long query it still reads: the peer may cancel the query.
    let mayRead =
      hasArrivals && backlog == 0
      && (!hasUntaken || (!queries.isEmpty && framing.heldBytes < Self.maximumHeldMeanwhile))
    if mayRead {
      hasArrivals = false
      if isReading { read() }
    }
    if hasNews {
      hasNews = false
      for stream in followers { makeDue(stream) }
    }
    guard !isClosed else { return }
    proceed()
    if mayRead { backlog = due.count }
  }

  /// Reads once, so that a peer with much to say takes its turn like the others; false when there
  /// is nothing more to read for now.
  @discardableResult
  private func read() -> Bool {
    do {
      switch try descriptor.read(through: worker.readBuffer, receive) {
      case .bytes(let count):
        lastReadNanoseconds = worker.loop.now
        worker.metrics.receivedBytes.add(UInt64(count))
        return !isClosed
      case .wouldBlock: return false
      case .endOfFile:
        hasEnded = true
        return false
      }
    } catch {
      close()
      return false
    }
  }

  private func receive(_ bytes: Span<UInt8>) {
    guard !isLeaving else { return }
    do throws(ProtocolViolation) {
      try framing.receive(bytes)
    } catch {
      violated(error)
    }
  }

  /// Takes calls, lets streams take steps, writes, and decides what to wait for.
  func proceed() {
    var outcome = PumpOutcome.idle
    var rounds = 0
    var (mayGoOn, isUnfinished) = (true, false)
    while mayGoOn {
      rounds += 1
      do throws(ProtocolViolation) {
        outcome = try takeCallsOff()
      } catch {
        return violated(error)
      }
      let hasRun = runStreams()
      guard sendOutput() else { return close() }
      // Past the limit calls wait in the framing until the peer has read. A write may have made
      // room for a stream, which the next round hears of.
      isUnfinished =
        outcome == .outputFull || !due.isEmpty || (!stalled.isEmpty && (hasRun || rounds == 1))
      mayGoOn =
        isUnfinished && framing.output.isEmpty && outcome != .turnOver && outcome != .held
        && rounds < 16 && !worker.isSliceOver
    }
    worker.postCommands()
    stopReading()
    hasUntaken = outcome != .idle
    if framing.holdsAnswers, patience == nil {
      patience = worker.loop.schedule(
        afterNanoseconds: Self.patienceNanoseconds, self, token: Self.patienceToken)
    }
    let isFree = outcome == .held && queries.isEmpty
    if outcome == .turnOver || isFree || !due.isEmpty || (isUnfinished && framing.output.isEmpty)
      || (hasArrivals && outcome == .idle)
    {
      worker.giveTurn(identity.place)
    }
    let isAnswered = pending.isEmpty && framing.openCalls == 0 && outcome == .idle
    if framing.output.isEmpty, framing.isFinished || (hasEnded && isAnswered) {
      finish()
      if isClosed { return }
    }
    account()
    if !isClosed { watch() }
  }

  private func takeCallsOff() throws(ProtocolViolation) -> PumpOutcome {
    guard queries.isEmpty else {
      worker.lookAtClock()
      // Also one that waits: it may be its turn, and its peer may have given it up.
      for stream in queries { makeDue(stream) }
      return queries.contains { worker.runsQuery(of: identity, on: $0) } ? .turnOver : .held
    }
    return try worker.pump(&framing, of: identity.peer, taker: self)
  }

  /// The most bytes that are held behind an unfinished query.
  private static var maximumHeldMeanwhile: Int { 128 << 10 }

  /// Updates the count of the memory that the connection holds.
  private func account() {
    if framing.unsentBytes == 0 {
      stalledNanoseconds = nil
    } else if stalledNanoseconds == nil {
      stalledNanoseconds = worker.loop.now
    }
    let held = framing.heldBytes / BufferBudget.grainBytes * BufferBudget.grainBytes
    guard held != accountedBytes else { return }
    accountedBytes = held
    worker.setHeldBytes(held, of: identity)
  }

  /// Sends as much as the socket takes; false when the peer is gone.
  private func sendOutput() -> Bool {
    framing.flush(limit: worker.limits.outputBytes)
    do {
      while !framing.output.isEmpty {
        switch try Self.send(framing.output, descriptor) {
        case .bytes(let count):
          FailPoint.answer.after()
          framing.output.consume(count)
          worker.metrics.sentBytes.add(UInt64(count))
          stalledNanoseconds = nil
        case .wouldBlock: return true
        }
        framing.flush(limit: worker.limits.outputBytes)
        if framing.output.isEmpty { break }
        // A peer that reads fast enough would otherwise keep the worker busy.
        worker.lookAtClock()
        if worker.isSliceOver { return true }
      }
      framing.output.shrink(to: 64 << 10)
      return true
    } catch {
      return false
    }
  }

  private static func send(
    _ output: borrowing ByteBuffer, _ descriptor: borrowing FileDescriptor
  ) throws(Errno) -> WriteOutcome {
    try descriptor.send(output.bytes)
  }

  private func watch() {
    isReading =
      !hasEnded && framing.takesBytes && framing.output.count < worker.limits.outputBytes / 2
    let wanted = Interest(readable: isReading, writable: !framing.output.isEmpty)
    guard wanted != interest, let registration else { return }
    interest = wanted
    do { try worker.loop.modify(registration, wanted) } catch { close() }
  }

  func requestTurn() {
    if !isClosed { worker.giveTurn(identity.place) }
  }

  func ledgerChanged() {
    guard !isClosed else { return }
    hasNews = true
    worker.giveTurn(identity.place)
  }

  func timerFired(token: UInt64) {
    let stream = UInt32(truncatingIfNeeded: token)
    switch token {
    case Self.drainToken:
      drainEnd = nil
      framing.beginDrain()
    case Self.leaveToken: return close()
    case Self.patienceToken:
      patience = nil
      framing.giveHeldAnswers()
    case Self.alarmToken(stream):
      streams[stream]?.alarm = nil
      makeDue(stream)
    default: deadlinePassed(stream)
    }
    if !isClosed { worker.giveTurn(identity.place) }
  }

  // Tokens of the connection's own timers: no stream has these ids.
  private static var drainToken: UInt64 { 1 << 32 }
  private static var leaveToken: UInt64 { 4 << 32 }
  private static var patienceToken: UInt64 { 5 << 32 }
  /// The token of the timer that ends a stream's waiting.
  static func alarmToken(_ stream: UInt32) -> UInt64 { 3 << 32 | UInt64(stream) }

  /// Calls are taken until the peer can know that the daemon stops: every call that it has sent
  /// before is answered.
  private func drain() {
    guard !isDraining else { return }
    isDraining = true
    framing.beginDrain()
    drainStreams()
    if Wire.announcesEnd {
      // HTTP/2 announces the end first and names the last stream a little later.
      drainEnd = worker.loop.schedule(
        afterNanoseconds: Self.announcementNanoseconds, self, token: Self.drainToken)
    }
  }

  /// Stops reading from a peer whose protocol has no message to announce the end. A peer that can't
  /// send a request knows that it was not begun; requests that it has sent are read and answered.
  /// An open stream of requests is finished first.
  private func stopReading() {
    guard isDraining, !Wire.announcesEnd, !hasStoppedReading else { return }
    let isReceiving = streams.values.contains { open in
      open.method.descriptor.kind.streamsRequests && !open.requestsHaveEnded
    }
    guard !isReceiving else { return }
    hasStoppedReading = true
    worker.ignoreErrors { () throws(Errno) in try descriptor.shutDownReading() }
    hasArrivals = true
  }

  /// Closes a connection that is over. In a drain, a peer that was told of the end gets a moment to
  /// close it first: a peer that fails to send may never read that message.
  private func finish() {
    if let violation = framing.violation { worker.noteRefusal(violation.reason, of: identity.peer) }
    guard isDraining, Wire.announcesEnd, !hasEnded, framing.violation == nil else { return close() }
    guard !isLeaving else { return }
    isLeaving = true
    if let drainEnd { worker.loop.cancel(drainEnd) }
    drainEnd = worker.loop.schedule(
      afterNanoseconds: Self.farewellNanoseconds, self, token: Self.leaveToken)
  }

  func closeIfIdle(since limit: Int64) {
    if lastReadNanoseconds < limit, pending.isEmpty, framing.openCalls == 0 { close() }
  }

  func closeIfStalled(since limit: Int64) {
    guard let stalled = stalledNanoseconds, stalled < limit else { return }
    worker.noteRefusal("stall-timeout", of: identity.peer)
    close()
  }

  private func violated(_ violation: ProtocolViolation) {
    worker.noteRefusal(violation.reason, of: identity.peer)
    _ = sendOutput()
    close()
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    if let registration {
      worker.ignoreErrors { () throws(Errno) in try worker.loop.remove(registration) }
    }
    registration = nil
    // A timer would keep the connection, and with it the descriptor.
    for timer in pending.values.map(\.timer) + [drainEnd, patience] {
      if let timer { worker.loop.cancel(timer) }
    }
    pending.removeAll()
    forgetStreams()
    worker.remove(identity)
  }
}
