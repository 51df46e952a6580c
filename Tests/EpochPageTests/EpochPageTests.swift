internal import CEpochs
internal import EpochPage
internal import Glibc
internal import Platform
internal import TestSupport
internal import Testing

/// A page beside a reader of it.
///
/// `@safe`: the reader's pointers are its own until deinit.
@safe private final class Pair {
  let page: EpochPage
  var reader = unsafe postern_epochs()

  init() throws {
    page = try EpochPage()
    let result = unsafe postern_epochs_map(&reader, page.descriptor)
    #expect(result == 0)
  }

  deinit { unsafe postern_epochs_close(&reader) }

  func keep(_ counters: [UInt32], until: Int64 = .max) -> postern_keep {
    var keep = postern_keep()
    keep.page = page.id
    keep.until = until
    keep.count = UInt32(counters.count)
    if counters.count > 0 { (keep.index.0, keep.value.0) = (counters[0], value(counters[0])) }
    if counters.count > 1 { (keep.index.1, keep.value.1) = (counters[1], value(counters[1])) }
    return keep
  }

  private func value(_ counter: UInt32) -> UInt64 { page.counters.value(of: counter) }

  func holds(_ keep: postern_keep) -> Bool {
    var keep = keep
    return unsafe postern_epochs_holds(&reader, &keep) == 1
  }
}

@Suite struct EpochPageTests {
  private let token: [UInt8] = (0..<16).map { $0 }

  @Test func entryHoldsUntilItsCounterMoves() throws {
    let pair = try Pair()
    let counter = pair.page.counters.counter(ofToken: token.span)
    let keep = pair.keep([counter])
    #expect(pair.holds(keep))
    var marks = EpochMarks(of: pair.page.counters)
    marks.addToken(token.span)
    marks.addToken(token.span)
    pair.page.counters.begin(marks)
    #expect(pair.page.counters.movedCount == 1)
    #expect(pair.page.counters.value(of: counter) == 1)
    #expect(!pair.holds(keep))
    pair.page.counters.end(marks)
    #expect(pair.page.counters.value(of: counter) == 2)
    #expect(!pair.holds(keep))
    #expect(pair.holds(pair.keep([counter])))
  }

  @Test func othersStay() throws {
    let pair = try Pair()
    let acme: [UInt8] = Array("acme".utf8)
    let all = pair.page.counters
    let counters = [all.counter(ofToken: token.span), all.policyCounter]
    let keep = pair.keep(counters)
    var marks = EpochMarks(of: pair.page.counters)
    marks.addOrganization(acme.span)
    pair.page.counters.begin(marks)
    pair.page.counters.end(marks)
    #expect(pair.holds(keep))
    marks.removeAll()
    marks.addPolicy()
    pair.page.counters.begin(marks)
    pair.page.counters.end(marks)
    #expect(!pair.holds(keep))
    #expect(pair.holds(pair.keep([counters[0]])))
  }

  @Test func allCanMoveAtOnce() throws {
    let pair = try Pair()
    let keep = pair.keep([pair.page.counters.counter(ofToken: token.span)])
    var marks = EpochMarks(of: pair.page.counters)
    marks.addAll()
    pair.page.counters.begin(marks)
    #expect(!pair.holds(keep))
    pair.page.counters.end(marks)
    #expect(!pair.holds(keep))
  }

  @Test func nothingHoldsOnAClosedPage() throws {
    let pair = try Pair()
    let keep = pair.keep([0])
    pair.page.close()
    #expect(!pair.holds(keep))
    let late = try Pair()
    late.page.close()
    unsafe postern_epochs_close(&late.reader)
    #expect(unsafe postern_epochs_map(&late.reader, late.page.descriptor) == 0)
    #expect(!late.holds(late.keep([0])))
  }

  @Test func entryHoldsWithinTheLease() throws {
    let page = try EpochPage(hasLease: true)
    var reader = unsafe postern_epochs()
    #expect(unsafe postern_epochs_map(&reader, page.descriptor) == 0)
    defer { unsafe postern_epochs_close(&reader) }
    var keep = postern_keep()
    (keep.page, keep.until, keep.count) = (page.id, .max, 1)
    func holds(untilSeconds seconds: Int64?) -> Bool {
      if let seconds {
        page.moveLease(toBootNanoseconds: Clock.bootNanoseconds() + seconds * 1_000_000_000)
      }
      return unsafe postern_epochs_holds(&reader, &keep) == 1
    }
    #expect(!holds(untilSeconds: nil))
    #expect(holds(untilSeconds: 3600))
    #expect(!holds(untilSeconds: 0))
    #expect(!holds(untilSeconds: -1))
    #expect(holds(untilSeconds: 3600))
    page.moveLease(toBootNanoseconds: .min)
    #expect(!holds(untilSeconds: nil))
  }

  @Test func nothingHoldsOnAnotherPage() throws {
    let (one, other) = (try Pair(), try Pair())
    #expect(!one.holds(other.keep([0])))
    var keep = one.keep([0])
    keep.index.0 = .max
    #expect(!one.holds(keep))
    #expect(!one.holds(one.keep([])))
  }

  @Test func entryEndsWithItsTime() throws {
    let pair = try Pair()
    let second: Int64 = 1_000_000_000
    // The daemon's clock is years from that of the wall.
    pair.page.raiseClock(toOffsetNanoseconds: 1000 * second)
    let now = Clock.bootNanoseconds() + 1000 * second
    #expect(pair.holds(pair.keep([0], until: now + 60 * second)))
    #expect(!pair.holds(pair.keep([0], until: now)))
    #expect(!pair.holds(pair.keep([0], until: now + second / 20)))
    // Never back.
    pair.page.raiseClock(toOffsetNanoseconds: 0)
    #expect(!pair.holds(pair.keep([0], until: now)))
    pair.page.raiseFloor(toNanoseconds: now + 60 * second)
    #expect(!pair.holds(pair.keep([0], until: now + 60 * second)))
    #expect(pair.holds(pair.keep([0])))
  }

  @Test func readersCanOnlyRead() throws {
    let page = try EpochPage()
    let size = 4096
    let writable = unsafe mmap(
      nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, page.descriptor, 0)
    #expect(unsafe writable == MAP_FAILED)
    let readable = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, page.descriptor, 0)
    #expect(unsafe readable != MAP_FAILED)
    #expect(unsafe mprotect(readable, size, PROT_READ | PROT_WRITE) == -1)
    #expect(ftruncate(page.descriptor, 0) == -1)
    #expect(unsafe pwrite(page.descriptor, "x", 1, 0) == -1)
    unsafe munmap(readable, size)
  }

  /// With the round counts of the published test vector, and then with ours.
  @Test func hashIsSipHash() {
    let key = postern_siphash(low: 0x0706_0504_0302_0100, high: 0x0f0e_0d0c_0b0a_0908)
    let bytes: [UInt8] = (0..<64).map { $0 }
    // The first vectors of the reference implementation, 64 and 128 bits.
    #expect(SipHash(key, 2, 4).sum64(bytes.prefix(0)) == 0x726f_db47_dd0e_0e31)
    let vector = SipHash(key, 2, 4).sum128(bytes.prefix(0))
    #expect(vector.low == 0xe6a8_25ba_047f_81a3 && vector.high == 0x9302_55c7_1472_f66d)
    for count in 0..<64 {
      let expected = SipHash(key, 1, 3).sum128(bytes.prefix(count))
      let found = unsafe bytes.withUnsafeBytes {
        unsafe postern_siphash_of(key, $0.baseAddress, count)
      }
      #expect(found.low == expected.low && found.high == expected.high, "\(count)")
    }
  }
}

/// SipHash as its paper says it, with any number of rounds.
private struct SipHash {
  let key: postern_siphash
  let rounds: Int
  let lastRounds: Int

  init(_ key: postern_siphash, _ rounds: Int, _ lastRounds: Int) {
    (self.key, self.rounds, self.lastRounds) = (key, rounds, lastRounds)
  }

  func sum64(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var v = absorbed(bytes, 0)
    v[2] ^= 0xff
    for _ in 0..<lastRounds { round(&v) }
    return v[0] ^ v[1] ^ v[2] ^ v[3]
  }

  func sum128(_ bytes: ArraySlice<UInt8>) -> postern_siphash {
    var v = absorbed(bytes, 0xee)
    v[2] ^= 0xee
    for _ in 0..<lastRounds { round(&v) }
    let low = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xdd
    for _ in 0..<lastRounds { round(&v) }
    return postern_siphash(low: low, high: v[0] ^ v[1] ^ v[2] ^ v[3])
  }

  private func absorbed(_ bytes: ArraySlice<UInt8>, _ tweak: UInt64) -> [UInt64] {
    var v = [
      key.low ^ 0x736f_6d65_7073_6575, key.high ^ 0x646f_7261_6e64_6f6d ^ tweak,
      key.low ^ 0x6c79_6765_6e65_7261, key.high ^ 0x7465_6462_7974_6573,
    ]
    var padded = Array(bytes)
    while padded.count % 8 != 7 { padded.append(0) }
    padded.append(UInt8(truncatingIfNeeded: bytes.count))
    for start in stride(from: 0, to: padded.count, by: 8) {
      let word = (0..<8).reduce(UInt64(0)) { $0 | UInt64(padded[start + $1]) << (8 * UInt64($1)) }
      v[3] ^= word
      for _ in 0..<rounds { round(&v) }
      v[0] ^= word
    }
    return v
  }

  private func round(_ v: inout [UInt64]) {
    func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
      value << count | value >> (64 - count)
    }
    v[0] &+= v[1]
    v[1] = rotate(v[1], 13) ^ v[0]
    v[0] = rotate(v[0], 32)
    v[2] &+= v[3]
    v[3] = rotate(v[3], 16) ^ v[2]
    v[0] &+= v[3]
    v[3] = rotate(v[3], 21) ^ v[0]
    v[2] &+= v[1]
    v[1] = rotate(v[1], 17) ^ v[2]
    v[2] = rotate(v[2], 32)
  }
}
