internal import CEpochs
public import Messages

/// Answers by the hash of what was asked. An answer is in one of two sets of eight, in which the
/// one that was used least recently makes room: with one set, some overflow while most of the table
/// is empty.
///
/// `@safe`: the slots are this object's own until deinit, and every index is below their count. A
/// message is that of the reply in its slot, which nothing takes out while it is lent.
@safe
final class KeptTable<Message: MessageView & ~Escapable> {
  @unsafe private struct Slot {
    var hash = postern_hash()
    var keep = postern_keep()
    var revision: UInt64 = 0
    var lastUse: UInt64 = 0
    /// The uses that are to be reported, and when the last of them was.
    var reportCount: UInt64 = 0
    var reportNanoseconds: Int64 = 0
    /// The message of the answer; nil: nothing is here.
    var message: UnsafeRawPointer?
    /// What has its memory. A use reads the message alone, and so counts no references.
    var answer: KeptReply<Message>?

    /// When it was used, before all uses if it is empty.
    var age: UInt64 { unsafe message == nil ? 0 : lastUse }

    @inline(__always)
    func holds(_ other: postern_hash) -> Bool {
      unsafe message != nil && postern_hash.isEqual(hash, other)
    }
  }

  private let slots: UnsafeMutablePointer<Slot>
  /// `place` of each slot's hash: those of a set are in one line of the processor's cache.
  private let places: UnsafeMutablePointer<UInt64>
  private let setCount: Int
  private let reader: EpochReader
  private let log: UseLog
  private let receipt: (Message) -> [UInt8]
  private var clock: UInt64 = 0
  private var isLending = false
  /// How many uses were answered from here.
  private(set) var useCount: UInt64 = 0
  /// The slots that may have uses to report.
  private var used: [Int32] = []

  private static var setSize: Int { 8 }

  /// A table of at least so many answers, whose uses are reported with what `receipt` says.
  init(
    minimumCount: Int, _ reader: EpochReader, _ log: UseLog, receipt: @escaping (Message) -> [UInt8]
  ) {
    var sets = 1
    while sets * Self.setSize < minimumCount { sets *= 2 }
    setCount = sets
    self.reader = reader
    self.log = log
    self.receipt = receipt
    unsafe slots = .allocate(capacity: sets * Self.setSize)
    unsafe slots.initialize(repeating: Slot(), count: sets * Self.setSize)
    let lines = UnsafeMutableRawPointer.allocate(
      byteCount: sets * Self.setSize * 8, alignment: 64)
    unsafe places = lines.initializeMemory(
      as: UInt64.self, repeating: 0, count: sets * Self.setSize)
  }

  deinit {
    unsafe slots.deinitialize(count: setCount * Self.setSize)
    unsafe slots.deallocate()
    unsafe places.deallocate()
  }

  /// The numbers of the first slots of the two sets.
  private func sets(of hash: postern_hash) -> (first: Int, second: Int) {
    let mask = UInt64(setCount - 1)
    return (
      first: Int(hash.place & mask) * Self.setSize,
      second: Int(hash.place >> 32 & mask) * Self.setSize
    )
  }

  /// The slot with this hash.
  private func slot(_ hash: postern_hash) -> UnsafeMutablePointer<Slot>? {
    let sets = sets(of: hash)
    return unsafe slot(hash, in: sets.first) ?? slot(hash, in: sets.second)
  }

  /// Without a branch for each slot, since no processor predicts which one it is.
  @inline(__always)
  private func slot(_ hash: postern_hash, in set: Int) -> UnsafeMutablePointer<Slot>? {
    var number: UInt64 = 0
    for index in 0..<Self.setSize {
      let difference = unsafe places[set &+ index] ^ hash.place
      let isSame = ~(difference | (0 &- difference)) >> 63
      number |= UInt64(truncatingIfNeeded: index &+ 1) & (0 &- isSame)
    }
    guard number > 0 else { return nil }
    let slot = unsafe slots + (set &+ Int(truncatingIfNeeded: number) &- 1)
    return unsafe slot.pointee.holds(hash) ? slot : nil
  }

  /// Lends the answer to what has this hash, if it is still true and from a revision or a later
  /// one, and returns whether it did. To be asked at each use.
  func lend(
    _ hash: postern_hash, atLeastRevision revision: UInt64, to read: (Message) -> Void
  ) -> Bool {
    precondition(!isLending, "a cache is not used while it lends an answer")
    guard let slot = unsafe slot(hash) else { return false }
    var now: Int64 = 0
    guard unsafe reader.holds(&slot.pointee.keep, &now) else {
      unsafe empty(slot)
      return false
    }
    guard unsafe slot.pointee.revision >= revision, let message = unsafe slot.pointee.message else {
      return false
    }
    log.begin(at: now)
    if unsafe slot.pointee.reportCount == 0 { used.append(Int32(unsafe slot - slots)) }
    unsafe slot.pointee.reportCount &+= 1
    unsafe slot.pointee.reportNanoseconds = now
    clock &+= 1
    unsafe slot.pointee.lastUse = clock
    useCount &+= 1
    isLending = true
    unsafe read(Message(unsafeMessage: message))
    isLending = false
    return true
  }

  /// Takes an answer out of its slot, and its uses into the report.
  private func empty(_ slot: UnsafeMutablePointer<Slot>) {
    unsafe report(slot)
    unsafe slot.pointee.message = nil
    unsafe slot.pointee.answer = nil
    unsafe places[slot - slots] = 0
  }

  private func report(_ slot: UnsafeMutablePointer<Slot>) {
    guard unsafe slot.pointee.reportCount > 0, let message = unsafe slot.pointee.message else {
      return
    }
    let receipt = unsafe receipt(Message(unsafeMessage: message))
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
  func store(
    _ reply: consuming Reply<Message>, _ keep: postern_keep, revision: UInt64,
    for hash: postern_hash
  ) {
    precondition(!isLending, "a cache is not used while it lends an answer")
    let place = unsafe slot(hash) ?? oldest(of: hash)
    clock &+= 1
    unsafe empty(place)
    let message = unsafe reply.unsafeMessage
    unsafe place.pointee = Slot(
      hash: hash, keep: keep, revision: revision, lastUse: clock, message: message,
      answer: KeptReply(reply))
    unsafe places[place - slots] = hash.place
  }

  /// A slot of one of the sets that is empty, or else was not used for longest.
  private func oldest(of hash: postern_hash) -> UnsafeMutablePointer<Slot> {
    let sets = sets(of: hash)
    var oldest = unsafe slots + sets.first
    for set in [sets.first, sets.second] {
      for index in set..<set + Self.setSize where unsafe slots[index].age < oldest.pointee.age {
        unsafe oldest = slots + index
      }
    }
    return unsafe oldest
  }
}

/// A reply that a slot can hold.
final class KeptReply<Message: MessageView & ~Escapable> {
  private let reply: Reply<Message>

  init(_ reply: consuming Reply<Message>) { self.reply = reply }
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
