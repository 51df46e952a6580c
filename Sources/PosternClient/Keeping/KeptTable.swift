internal import CEpochs
public import Messages

/// Answers by the hash of what was asked: sets of four, in which the one that was used least
/// recently makes room.
///
/// `@safe`: the slots are this object's own until deinit, and every index is below their count.
@safe
final class KeptTable<Answer: AnyObject> {
  private struct Slot {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var keep = postern_keep()
    var revision: UInt64 = 0
    var lastUse: UInt64 = 0
    /// The uses that are to be reported, and when the last of them was.
    var reportCount: UInt64 = 0
    var reportNanoseconds: Int64 = 0
    /// Nil: nothing is here.
    var answer: Answer?
  }

  private let slots: UnsafeMutablePointer<Slot>
  private let setCount: Int
  private let reader: EpochReader
  private let log: UseLog
  private let receipt: (Answer) -> [UInt8]
  private var useCount: UInt64 = 0
  /// The slots that may have uses to report.
  private var used: [Int32] = []

  private static var setSize: Int { 4 }

  /// A table of at least so many answers, whose uses are reported with what `receipt` says.
  init(
    minimumCount: Int, _ reader: EpochReader, _ log: UseLog, receipt: @escaping (Answer) -> [UInt8]
  ) {
    var sets = 1
    while sets * Self.setSize < minimumCount { sets *= 2 }
    setCount = sets
    self.reader = reader
    self.log = log
    self.receipt = receipt
    unsafe slots = .allocate(capacity: sets * Self.setSize)
    unsafe slots.initialize(repeating: Slot(), count: sets * Self.setSize)
  }

  deinit {
    unsafe slots.deinitialize(count: setCount * Self.setSize)
    unsafe slots.deallocate()
  }

  private func set(of hash: postern_hash) -> UnsafeMutablePointer<Slot> {
    unsafe slots + (Int(truncatingIfNeeded: hash.low) & (setCount - 1)) * Self.setSize
  }

  /// The answer to what has this hash, if it is still true and from a revision or a later one. To
  /// be asked at each use.
  func find(_ hash: postern_hash, atLeastRevision revision: UInt64) -> Answer? {
    let set = unsafe set(of: hash)
    for index in 0..<Self.setSize {
      let slot = unsafe set + index
      guard unsafe slot.pointee.low == hash.low, unsafe slot.pointee.high == hash.high,
        unsafe slot.pointee.answer != nil
      else { continue }
      var now: Int64 = 0
      guard unsafe reader.holds(&slot.pointee.keep, &now) else {
        unsafe empty(slot)
        return nil
      }
      guard unsafe slot.pointee.revision >= revision else { return nil }
      log.begin(at: now)
      if unsafe slot.pointee.reportCount == 0 { used.append(Int32(unsafe slot - slots)) }
      unsafe slot.pointee.reportCount &+= 1
      unsafe slot.pointee.reportNanoseconds = now
      useCount &+= 1
      unsafe slot.pointee.lastUse = useCount
      return unsafe slot.pointee.answer
    }
    return nil
  }

  /// Takes an answer out of its slot, and its uses into the report.
  private func empty(_ slot: UnsafeMutablePointer<Slot>) {
    unsafe report(slot)
    unsafe slot.pointee.answer = nil
  }

  private func report(_ slot: UnsafeMutablePointer<Slot>) {
    guard unsafe slot.pointee.reportCount > 0, let answer = unsafe slot.pointee.answer else {
      return
    }
    let receipt = receipt(answer)
    if !receipt.isEmpty {
      log.report.add(
        UseReport.Item(
          receipt: receipt, count: unsafe slot.pointee.reportCount,
          lastNanoseconds: unsafe slot.pointee.reportNanoseconds))
    }
    unsafe slot.pointee.reportCount = 0
  }

  /// Takes the uses of all answers into the report.
  func reportUses() {
    for index in used { unsafe report(slots + Int(index)) }
    used.removeAll(keepingCapacity: true)
  }

  /// Keeps an answer in place of an older one, or of the one that was not used for longest.
  func store(_ answer: Answer, _ keep: postern_keep, revision: UInt64, for hash: postern_hash) {
    let set = unsafe set(of: hash)
    var place = unsafe set
    for index in 0..<Self.setSize {
      let slot = unsafe set + index
      if unsafe slot.pointee.low == hash.low, unsafe slot.pointee.high == hash.high {
        unsafe place = slot
        break
      }
      let isOlder = unsafe slot.pointee.lastUse < place.pointee.lastUse
      if unsafe place.pointee.answer != nil, unsafe slot.pointee.answer == nil || isOlder {
        unsafe place = slot
      }
    }
    useCount &+= 1
    unsafe empty(place)
    unsafe place.pointee = Slot(
      low: hash.low, high: hash.high, keep: keep, revision: revision, lastUse: useCount,
      answer: answer)
  }
}

extension postern_keep {
  /// What an answer says that it rests on; nil if it must not be kept.
  init?(_ message: PosternV1.Keep?) {
    guard let message, (1...Int(POSTERN_KEEP_COUNTERS)).contains(message.countersCount) else {
      return nil
    }
    self.init()
    page = message.page
    until = .max
    if let end = message.until {
      let (whole, overflows) = end.seconds.multipliedReportingOverflow(by: 1_000_000_000)
      let (sum, carries) = whole.addingReportingOverflow(Int64(end.nanos))
      if overflows || carries { return nil }
      until = sum
    }
    count = UInt32(message.countersCount)
    for position in 0..<message.countersCount {
      let counter = message.counters(at: position)
      switch position {
      case 0: (index.0, value.0) = (counter.index, counter.value)
      case 1: (index.1, value.1) = (counter.index, counter.value)
      default: (index.2, value.2) = (counter.index, counter.value)
      }
    }
  }
}

/// An answer that a `TokenCache` gives. It was true when the cache gave it: ask the cache again for
/// each use, and don't hold on to the answer in place of that.
public final class KeptAnswer<Message: MessageView & ~Escapable> {
  private let reply: Reply<Message>

  init(_ reply: consuming Reply<Message>) { self.reply = reply }

  /// Lends the answer to `body`.
  public func read<Result>(_ body: (Message) -> Result) -> Result { reply.read(body) }
}
