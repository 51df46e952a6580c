// The page of counters that lets clients keep answers for exactly as long as they are true.
//
// A client looks at a few words of shared memory in place of a call. The writer moves the counters
// of what a change touches around the commit: odd before it, even again once it is published. So a
// client that uses an older answer finds another value, at the latest when the change is
// acknowledged (ACK), and when any answer has shown it (SEEN): the odd phase is for the latter.
//
// Without a fleet no clock and no timer keeps a page true. A daemon that hangs acknowledges
// nothing, so what was kept stays true meanwhile; of one that died, the kernel marks the page
// before another can take the lock of its data. In a fleet nothing holds beyond the page's lease
// either. Tests/Models has the proof; `postern_epochs.h` the layout and how to read.

internal import CEpochs
internal import Platform

/// The page of one daemon. Any thread reads.
///
/// `@safe`: the words are mapped as long as `memory` is there, and all access is atomic.
@safe
package final class EpochPage: Sendable {
  private let memory: EpochMemory
  private nonisolated(unsafe) let owner: OpaquePointer
  private let file: FileDescriptor
  /// The counters on it.
  package let counters: EpochCounters
  /// Which page it is; never 0.
  package let id: UInt64

  private static let start = POSTERN_EPOCHS_HEADER_WORDS
  private static let byteCount = ((start + EpochCounters.count) * 8 + 4095) & ~4095

  /// Makes a page that is alive from now on. With a lease nothing holds before `moveLease`.
  package init(hasLease: Bool = false) throws(EpochPageError) {
    var made: UnsafeMutablePointer<UInt64>?
    var descriptor: Int32 = -1
    // SAFETY: on success both are ours, and of this size.
    do {
      _ = try SystemCall.value { unsafe cepochs_create(Self.byteCount, &made, &descriptor) }
    } catch {
      throw EpochPageError(reason: "no shared memory for it can be had: \(error)")
    }
    guard let words = unsafe made else { preconditionFailure("a page without memory") }
    let file = FileDescriptor(owning: descriptor)
    let memory = unsafe EpochMemory(owning: words, byteCount: Self.byteCount)
    let ownerWord = unsafe words + POSTERN_EPOCHS_WORD_OWNER
    guard unsafe cepochs_marks(ownerWord), let owner = unsafe cepochs_own(ownerWord) else {
      throw EpochPageError(reason: "this kernel does not mark the memory of what has died")
    }
    self.memory = memory
    unsafe self.owner = unsafe owner
    self.file = file
    counters = EpochCounters(in: memory, from: Self.start)
    id = max(1, SystemRandom.number())
    writeHeader()
    if hasLease { moveLease(toBootNanoseconds: .min) }
  }

  deinit {
    close()
    unsafe cepochs_disown(owner)
  }

  private func writeHeader() {
    store(POSTERN_EPOCHS_WORD_MAGIC, POSTERN_EPOCHS_MAGIC)
    store(POSTERN_EPOCHS_WORD_FORMAT, POSTERN_EPOCHS_FORMAT)
    store(POSTERN_EPOCHS_WORD_BYTES, UInt64(Self.byteCount))
    store(POSTERN_EPOCHS_WORD_PAGE, id)
    store(POSTERN_EPOCHS_WORD_START, UInt64(Self.start))
    store(POSTERN_EPOCHS_WORD_COUNT, UInt64(EpochCounters.count))
    store(POSTERN_EPOCHS_WORD_LEASE, .max)
    store(POSTERN_EPOCHS_WORD_CLOCK, UInt64(bitPattern: Int64.min))
    store(POSTERN_EPOCHS_WORD_FLOOR, UInt64(bitPattern: Int64.min))
  }

  private func store(_ word: Int, _ value: UInt64) {
    unsafe cepochs_store(memory.words + word, value)
  }

  /// Ends the page: no answer that rests on it holds any more. Any thread may, more than once.
  package func close() { store(POSTERN_EPOCHS_WORD_OWNER, 0) }

  /// The memory, to be handed to clients, which can only read it.
  package var descriptor: Int32 { file.rawValue }
}

extension EpochPage {
  /// Lets kept answers hold until then, by CLOCK_BOOTTIME. Only the writer's thread may.
  ///
  /// Hazard: the counters of all changes that the lease rests on have been moved before.
  package func moveLease(toBootNanoseconds end: Int64) {
    store(POSTERN_EPOCHS_WORD_LEASE, UInt64(bitPattern: end))
  }

  /// The daemon's time is not before this one any more, in nanoseconds since 1970.
  package func raiseFloor(toNanoseconds time: Int64) {
    unsafe cepochs_raise(memory.words + POSTERN_EPOCHS_WORD_FLOOR, time)
  }

  /// The daemon's time is CLOCK_BOOTTIME and so much. It only grows, and a client must see that
  /// before the daemon itself goes by it.
  package func raiseClock(toOffsetNanoseconds offset: Int64) {
    unsafe cepochs_raise(memory.words + POSTERN_EPOCHS_WORD_CLOCK, offset)
  }
}

/// Why there is no page: clients then ask each time.
package struct EpochPageError: Error, CustomStringConvertible {
  let reason: String

  package var description: String { reason }
}

// How a client gets the page: it sends a few bytes, alone on a connection of its own, and the
// answer brings the memory. The first byte is neither that of ttrpc nor of HTTP/2.
extension EpochPage {
  /// The first byte of a connection that asks for the page.
  package static let firstByte: UInt8 = 1

  /// Whether a connection that begins with these bytes asks for the page; nil as long as it may.
  package static func isAsked(for bytes: Span<UInt8>) -> Bool? {
    let hello = Array(POSTERN_EPOCHS_HELLO.utf8)
    guard bytes.count <= hello.count else { return false }
    for index in 0..<bytes.count where bytes[index] != hello[index] { return false }
    return bytes.count == hello.count ? true : nil
  }

  /// What is answered; the page goes with it. The time tells a client whether its clock is the
  /// same: in a namespace of times it may be another.
  package static func answer() -> [UInt8] {
    let time = UInt64(bitPattern: Clock.bootNanoseconds())
    return Array(POSTERN_EPOCHS_HELLO.utf8)
      + (0..<8).map { UInt8(truncatingIfNeeded: time >> (8 * UInt64($0))) }
  }
}
