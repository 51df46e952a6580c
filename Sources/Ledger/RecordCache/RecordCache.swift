// The rows of tokens that one worker has read. A walk through the tree of a million tokens misses
// the processor's caches twice a level; this misses them twice.
//
// One log of rows runs around in its memory: what is new overwrites what is oldest, so rows of any
// size fit, and memory is touched only as far as it has been used. An index says where they are.
// Its buckets are lines of the processor's cache, and an entry has 16 bits of the hash of an id and
// a place in the log. Places only grow, so an entry whose row was overwritten is known by its
// place.
//
// A row has the hash of a secret, ids, names and times, as in the table; never a secret.

internal import CLinux
internal import EpochPage
internal import Platform
internal import Tokens

/// A bounded table of rows of tokens, for one thread. It doesn't know whether a row is still true,
/// only under which value of a counter it was: `Snapshot.token` judges that.
///
/// Hazard: a row that was lent is read in place. Until all that were lent are given up, nothing is
/// written.
///
/// `@safe`: every offset is below the size of the memory, which is mapped until deinit.
@safe
package final class RecordCache {
  private let memory: PrivateMemory
  private let buckets: UnsafeMutablePointer<UInt64>
  private let log: UnsafeMutableRawPointer
  /// How far a hash is shifted to give a bucket.
  private let bucketShift: UInt64
  /// The units of the log.
  private let unitCount: UInt64
  /// The place behind the newest row; the first is 1.
  private var next: UInt64 = 1
  /// The place that is at the beginning of the log.
  private var lapStart: UInt64 = 1
  private var isLent = false
  private var lentCount: UInt64 = 0
  private var missedCount: UInt64 = 0

  /// A smaller one would be of no use.
  package static let minimumByteCount = 64 << 10
  private static let entriesPerBucket = 8
  private static let tagBits: UInt64 = 16
  /// Rows begin at multiples of so many bytes.
  private static let unitBytes = 16
  /// The id, the counter, and how long the row is.
  private static let headerBytes = 26

  /// A cache that takes at most so many bytes: an eighth or less for the index.
  package init(byteCount: Int) {
    precondition(byteCount >= Self.minimumByteCount, "too small a cache")
    memory = PrivateMemory(byteCount: byteCount)
    var bucketBits = 1
    while Self.entriesPerBucket * 8 << (bucketBits + 1) <= byteCount / 8 { bucketBits += 1 }
    let indexBytes = Self.entriesPerBucket * 8 << bucketBits
    bucketShift = UInt64(64 - bucketBits)
    unitCount = UInt64((byteCount - indexBytes) / Self.unitBytes)
    let count = indexBytes / 8
    unsafe buckets = unsafe memory.start.bindMemory(to: UInt64.self, capacity: count)
    unsafe log = unsafe memory.start + indexBytes
  }

  /// How often a row was lent, and how often one had to be read from the table.
  package var hits: UInt64 { lentCount }
  package var misses: UInt64 { missedCount }

  /// The bytes of the log that rows have been written to.
  package var usedBytes: Int { Int(min(next - 1, unitCount)) * Self.unitBytes }

  /// Gives up all rows that were lent.
  func endLending() { isLent = false }
}

extension RecordCache {
  /// Where the row of a token is in the log; nil if it is not there.
  @inline(__always)
  func offset(of id: TokenID) -> Int? {
    let hash = Self.hash(id)
    let bucket = unsafe bucket(of: hash)
    for index in 0..<Self.entriesPerBucket {
      let entry = unsafe bucket[index]
      if entry & Self.tagMask == hash & Self.tagMask, let offset = liveOffset(of: entry),
        isRecord(at: offset, of: id)
      {
        return offset
      }
    }
    return nil
  }

  /// The value of the counter under which a row was true.
  @inline(__always)
  func stamp(at offset: Int) -> EpochStamp {
    EpochStamp(rawValue: unsafe log.load(fromByteOffset: offset + 16, as: UInt64.self))
  }

  /// Lends a row, which is then written over only after `endLending`.
  @unsafe
  func lendRow(at offset: Int) -> UnsafeBufferPointer<UInt8> {
    isLent = true
    lentCount &+= 1
    let start = unsafe (log + offset + Self.headerBytes).assumingMemoryBound(to: UInt8.self)
    return unsafe UnsafeBufferPointer(start: start, count: rowCount(at: offset))
  }

  private func rowCount(at offset: Int) -> Int {
    Int(unsafe log.load(fromByteOffset: offset + 24, as: UInt16.self))
  }

  @inline(__always)
  private func isRecord(at offset: Int, of id: TokenID) -> Bool {
    unsafe log.load(fromByteOffset: offset, as: UInt64.self) == id.high
      && log.load(fromByteOffset: offset + 8, as: UInt64.self) == id.low
  }

  /// Where the row of an entry is; nil for none, and where it was overwritten.
  @inline(__always)
  private func liveOffset(of entry: UInt64) -> Int? {
    let place = entry >> Self.tagBits
    guard place > 0, place &+ unitCount >= next else { return nil }
    let unit = place >= lapStart ? place &- lapStart : place &+ unitCount &- lapStart
    return Int(truncatingIfNeeded: unit) &* Self.unitBytes
  }

  private static let tagMask: UInt64 = 1 << tagBits - 1

  @inline(__always)
  private static func hash(_ id: TokenID) -> UInt64 {
    (id.low ^ id.high &* 0xff51_afd7_ed55_8ccd) &* 0x9e37_79b9_7f4a_7c15
  }

  @unsafe
  @inline(__always)
  private func bucket(of hash: UInt64) -> UnsafeMutablePointer<UInt64> {
    unsafe buckets + Int(truncatingIfNeeded: hash &>> bucketShift) &* Self.entriesPerBucket
  }
}

extension RecordCache {
  /// Keeps a row that is true under a value of a counter, in place of what there is of the token,
  /// unless a row is lent.
  func keep(_ row: Span<UInt8>, of id: TokenID, _ stamp: EpochStamp) {
    missedCount &+= 1
    let units = UInt64((Self.headerBytes + row.count + Self.unitBytes - 1) / Self.unitBytes)
    guard !isLent, row.count <= Int(UInt16.max), units <= unitCount / 8 else { return }
    // What is left at the end of the log is too short for a row.
    if next + units > lapStart + unitCount {
      lapStart += unitCount
      next = lapStart
    }
    let hash = Self.hash(id)
    unsafe bucket(of: hash)[victim(of: id, hash)] = next << Self.tagBits | hash & Self.tagMask
    write(row, of: id, stamp, at: Int(next - lapStart) * Self.unitBytes)
    next += units
  }

  /// The entry that gives way: the token's own, or the one with the oldest row.
  private func victim(of id: TokenID, _ hash: UInt64) -> Int {
    let bucket = unsafe bucket(of: hash)
    var oldest = 0
    for index in 0..<Self.entriesPerBucket {
      let entry = unsafe bucket[index]
      if entry & Self.tagMask == hash & Self.tagMask, let offset = liveOffset(of: entry),
        isRecord(at: offset, of: id)
      {
        return index
      }
      if unsafe entry >> Self.tagBits < bucket[oldest] >> Self.tagBits { oldest = index }
    }
    return oldest
  }

  private func write(_ row: Span<UInt8>, of id: TokenID, _ stamp: EpochStamp, at offset: Int) {
    // SAFETY: the log has room for header and row at `offset`.
    unsafe log.storeBytes(of: id.high, toByteOffset: offset, as: UInt64.self)
    unsafe log.storeBytes(of: id.low, toByteOffset: offset + 8, as: UInt64.self)
    unsafe log.storeBytes(of: stamp.rawValue, toByteOffset: offset + 16, as: UInt64.self)
    unsafe log.storeBytes(of: UInt16(row.count), toByteOffset: offset + 24, as: UInt16.self)
    unsafe row.withUnsafeBytes { row in
      guard let first = row.baseAddress else { return }
      unsafe (log + offset + Self.headerBytes).copyMemory(from: first, byteCount: row.count)
    }
  }
}

extension RecordCache {
  /// Begins to bring the bucket of an id into the processor's cache.
  func prefetchBucket(of id: TokenID) {
    unsafe clinux_prefetch(bucket(of: Self.hash(id)))
  }

  /// Begins to bring the row of a token there, if there seems to be one.
  func prefetchRow(of id: TokenID) {
    let hash = Self.hash(id)
    let bucket = unsafe bucket(of: hash)
    for index in 0..<Self.entriesPerBucket {
      let entry = unsafe bucket[index]
      if entry & Self.tagMask == hash & Self.tagMask, let offset = liveOffset(of: entry) {
        unsafe clinux_prefetch(log + offset)
        unsafe clinux_prefetch(log + offset + 64)
        return
      }
    }
  }
}
