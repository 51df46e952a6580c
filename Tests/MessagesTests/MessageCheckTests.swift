internal import Glibc
internal import Messages
internal import TestSupport
internal import Testing

/// What a message must not contain to be decoded, beyond what an encoder could write.
@Suite struct MessageCheckTests {
  static let decodeLimitBytes = 1 << 20

  @Test(
    arguments: [
      ([UInt8]("a\u{0}b".utf8), "user_id"), ([0x00], "user_id"), ([0xff], "user_id"),
      ([0xc0, 0xaf], "user_id"), ([0xed, 0xa0, 0x80], "user_id"),
      ([0xf4, 0x90, 0x80, 0x80], "user_id"),
      ([0xe2, 0x82], "user_id"), ([UInt8]("1234567\u{0}".utf8), "user_id"),
      ([UInt8]("12345678\u{0}".utf8), "user_id"), ([UInt8]("ééééé\u{0}".utf8), "user_id"),
      ([UInt8]("12345678".utf8) + [0x80], "user_id"),
    ] as [([UInt8], String)])
  func refusesWhatIsNoText(_ text: [UInt8], _ field: String) throws {
    let problem = try #require(Self.problem(Wire.bytes(2, text)))
    #expect(problem.contains("`\(field)`"))
  }

  /// What a request of the largest size can make a worker do before any limit of a field is asked.
  @Test func aLongTextIsCheckedInSomeMilliseconds() {
    let text = [UInt8](String(repeating: "é", count: 2 << 20).utf8)
    var least = Int.max
    for _ in 0..<5 {
      let begin = Self.processorNanoseconds()
      let isText = text.span.isText
      #expect(isText)
      least = min(least, Self.processorNanoseconds() - begin)
    }
    // Byte by byte it takes more than ten times as long without optimization.
    #expect(least < 20_000_000, "\(least) ns")
    for end in [0, 0xc3] as [UInt8] {
      let isText = (text + [end]).span.isText
      #expect(!isText)
    }
  }

  private static func processorNanoseconds() -> Int {
    var time = timespec()
    // SAFETY: the call writes the value that it is given.
    precondition(unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0, "no clock")
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  @Test func takesAnyTextWithoutNUL() throws {
    for text in ["", "é", "日本語のテキスト", "12345678", "\u{1}\u{7f}", "\u{10ffff}", "👩‍👩‍👧"] {
      let arena = Arena(initialBytes: 256, limits: DecodeLimits(bytes: Self.decodeLimitBytes))
      let request = try PosternV1.InviteUserRequest(
        decoding: Wire.bytes(2, Array(text.utf8)).span, in: arena)
      #expect([UInt8](copying: request.userID) == Array(text.utf8))
    }
  }

  /// Every pair of a field and a wire type that it doesn't have.
  @Test func refusesOtherWireTypes() throws {
    let varint = { (number: UInt8) -> [UInt8] in [number << 3, 1] }
    let fixed64 = { (number: UInt8) -> [UInt8] in [number << 3 | 1, 1, 2, 3, 4, 5, 6, 7, 8] }
    let fixed32 = { (number: UInt8) -> [UInt8] in [number << 3 | 5, 1, 2, 3, 4] }
    let bytes = { (number: UInt8) -> [UInt8] in [number << 3 | 2, 1, 0x61] }
    for make in [varint, fixed64, fixed32] {
      #expect(Self.check(make(1))?.contains("`token_secret`") == true)
      #expect(Self.check(make(3))?.contains("`resource`") == true)
    }
    for make in [bytes, fixed64, fixed32] {
      #expect(Self.check(make(15))?.contains("`at_least_revision`") == true)
    }
    #expect(Self.check(varint(15)) == nil)
    #expect(Self.check(bytes(1)) == nil)
    // Groups, reserved wire types, field number 0, cut off and overlong numbers.
    for bad in [
      [0x0b], [0x0c], [0x0e], [0x0f], [0x02, 0x00], [0x08], [0x0a], [0x0a, 0x05, 0x61], [0x80],
      [0x78] + [UInt8](repeating: 0xff, count: 10), [0x79, 1], [0x7d, 1],
      [0x78] + [UInt8](repeating: 0x80, count: 9) + [0x02],
      [0x0a] + [UInt8](repeating: 0xff, count: 9) + [0x01],
    ] as [[UInt8]] {
      #expect(Self.check(bad) != nil, "\(bad)")
    }
  }

  /// protobuf-c would merge the two and lose fields of the first.
  @Test func refusesASubmessageThatComesTwice() throws {
    let user = Wire.bytes(4, Wire.bytes(1, Array("acme".utf8)))
    #expect(Self.check(user) == nil)
    #expect(Self.check(user + user)?.contains("`user`") == true)
    #expect(
      Self.check(user + Wire.bytes(2, [0x61]) + Wire.bytes(4, []))?.contains("`user`") == true)
    // A number or text that comes twice is legal: the last counts.
    let arena = Arena(initialBytes: 256, limits: DecodeLimits(bytes: Self.decodeLimitBytes))
    let twice = Wire.bytes(2, [0x61]) + Wire.bytes(2, [0x62])
    let request = try PosternV1.InviteUserRequest(decoding: twice.span, in: arena)
    #expect([UInt8](copying: request.userID) == [0x62])
  }

  @Test func refusesDepth() throws {
    // A batch holds items, an item a resource: nothing of the contract goes deep. Unknown fields
    // may hold anything, since they are not read.
    var nested: [UInt8] = []
    for _ in 0..<10_000 { nested = Wire.bytes(3, nested) }
    let arena = Arena(initialBytes: 256, limits: DecodeLimits(bytes: Self.decodeLimitBytes))
    #expect(throws: DecodingError.self, "the text of an item is no text") {
      _ = try PosternV1.BatchCheckRequest(decoding: nested.span, in: arena)
    }
    #expect(Self.check(Wire.bytes(99, nested)) == nil)
  }

  /// The contract's own messages go to three levels here; a limit below that shows that it holds.
  @Test(arguments: 1...4) func countsLevels(_ depth: Int) throws {
    var limits = DecodeLimits()
    limits.depth = depth
    let arena = Arena(initialBytes: 256, limits: limits)
    let bytes = Wire.bytes(3, Wire.bytes(2, Wire.bytes(2, [0x61])))
    do throws(DecodingError) {
      _ = try PosternV1.BatchCheckRequest(decoding: bytes.span, in: arena)
      #expect(depth >= 3)
    } catch {
      #expect(depth < 3 && error.problem.contains("nested deeper"))
    }
  }

  @Test func countsFields() throws {
    var limits = DecodeLimits()
    limits.fields = 10
    for (count, isTaken) in [(5, true), (6, false)] {
      let arena = Arena(initialBytes: 256, limits: limits)
      // Each item is a field, and so is the one in it.
      let items = [[UInt8]](repeating: Wire.bytes(3, Wire.bytes(1, [0x61])), count: count)
      let bytes = items.flatMap { $0 }
      do throws(DecodingError) {
        _ = try PosternV1.BatchCheckRequest(decoding: bytes.span, in: arena)
        #expect(isTaken)
      } catch {
        #expect(!isTaken)
      }
    }
  }

  /// A list of an enum is a set: more elements than values have no use.
  @Test(arguments: ["packed", "single", "mixed"]) func boundsListsOfEnums(_ kind: String) throws {
    // `scopes`, of an enum with a value for none and three more.
    func bytes(_ count: Int) -> [UInt8] {
      switch kind {
      case "packed": Wire.bytes(6, [UInt8](repeating: 1, count: count))
      case "single": [[UInt8]](repeating: [6 << 3, 1], count: count).flatMap { $0 }
      default:
        // Other fields in between, and values that are none.
        Wire.bytes(6, [1, 0xff, 0x7f]) + Wire.bytes(6, []) + Wire.bytes(1, [0x61])
          + [[UInt8]](repeating: [6 << 3, 1], count: count - 2).flatMap { $0 }
      }
    }
    func problem(_ count: Int) -> DecodingError? {
      do throws(DecodingError) {
        _ = try CheckedMessage(
          checking: bytes(count).span, as: PosternV1.IssueTokenRequest.self, .requests)
        return nil
      } catch {
        return error
      }
    }
    #expect(problem(4) == nil)
    for count in [5, 70_000, 4_190_000] {
      let error = try #require(problem(count))
      #expect(error.field == "scopes", "\(error)")
    }
  }

  /// Each element of a packed list is a field.
  @Test func countsPackedElements() throws {
    var limits = DecodeLimits()
    limits.fields = 4
    let four = Wire.bytes(6, [1, 1, 1, 1])
    #expect(throws: Never.self) {
      _ = try CheckedMessage(
        checking: four.span, as: PosternV1.IssueTokenRequest.self, limits)
    }
    #expect(throws: DecodingError("a request holds more than 4 fields")) {
      _ = try CheckedMessage(
        checking: (four + Wire.bytes(1, [0x61])).span, as: PosternV1.IssueTokenRequest.self, limits)
    }
    for bad in [[1, 0x80], [UInt8](repeating: 0xff, count: 11)] as [[UInt8]] {
      #expect(throws: DecodingError.self) {
        _ = try CheckedMessage(
          checking: Wire.bytes(6, bad).span, as: PosternV1.IssueTokenRequest.self, DecodeLimits())
      }
    }
  }

  /// A few bytes on the wire that take a hundred times as much when decoded.
  @Test func boundsAmplification() throws {
    let item: [UInt8] = [0x1a, 0x00]
    let many = [[UInt8]](repeating: item, count: 2 << 20).flatMap { $0 }
    for limit in [64 << 10, 1 << 20, 64 << 20] {
      let arena = Arena(initialBytes: 4096, limits: DecodeLimits(bytes: limit))
      #expect(throws: DecodingError.self) {
        _ = try PosternV1.BatchCheckRequest(decoding: many.span, in: arena)
      }
      #expect(arena.decodedBytes <= limit)
    }
    // Below the cap on fields the memory is the limit, and above it the same bytes pass.
    let some = Array(many.prefix(20_000))
    let small = Arena(initialBytes: 4096, limits: DecodeLimits(bytes: 256 << 10))
    #expect(throws: DecodingError.self) {
      _ = try PosternV1.BatchCheckRequest(decoding: some.span, in: small)
    }
    #expect(small.decodedBytes <= 256 << 10)
    let large = Arena(initialBytes: 4096, limits: DecodeLimits(bytes: 64 << 20))
    let batch = try PosternV1.BatchCheckRequest(decoding: some.span, in: large)
    #expect(batch.itemsCount == 10_000)
  }

  @Test func boundsUnknownFields() throws {
    let many = [[UInt8]](repeating: [0xf8, 0x7f, 0x00], count: 1 << 20).flatMap { $0 }
    let arena = Arena(initialBytes: 4096, limits: DecodeLimits(bytes: 64 << 20))
    #expect(throws: DecodingError.self) {
      _ = try PosternV1.ValidateTokenRequest(decoding: many.span, in: arena)
    }
    #expect(arena.decodedBytes <= 64 << 20)
  }

  /// The arena is as good as new after each message, however it ended.
  @Test func reusesAnArenaAfterARefusal() throws {
    var arena = Arena(initialBytes: 128, limits: DecodeLimits(bytes: 4096))
    let good = Wire.bytes(1, Array("secret".utf8))
    let large = Wire.bytes(1, [UInt8](repeating: 0x61, count: 8192))
    for _ in 0..<100 {
      arena.reset()
      #expect(arena.decodedBytes == 0)
      #expect(throws: DecodingError.self) {
        _ = try PosternV1.ValidateTokenRequest(decoding: large.span, in: arena)
      }
      arena.reset()
      let request = try PosternV1.ValidateTokenRequest(decoding: good.span, in: arena)
      #expect([UInt8](copying: request.secret) == Array("secret".utf8))
    }
  }

  /// Mutated messages are decoded or refused; what is decoded can be read and encoded again.
  @Test func neverCrashesOnMutations() throws {
    var random = SplitMix64(seed: 20_26)
    let seeds = Self.messages()
    var arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
    var decoded = 0
    for _ in 0..<20_000 {
      var bytes = seeds[Int(random.next() % UInt64(seeds.count))]
      for _ in 0..<(1 + random.next() % 4) { Self.mutate(&bytes, &random) }
      arena.reset()
      if let request = try? PosternV1.BatchCheckRequest(decoding: bytes.span, in: arena) {
        decoded += 1
        var buffer = ByteBuffer()
        request.encode(into: &buffer)
        #expect(buffer.count == request.encodedByteCount)
        let again = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
        let second = try PosternV1.BatchCheckRequest(decoding: buffer.bytes, in: again)
        #expect(second.itemsCount == request.itemsCount)
      }
      arena.reset()
      _ = try? PosternStorageV1.Entry(decoding: bytes.span, in: arena)
      arena.reset()
      _ = try? EnvoyServiceAuthV3.CheckRequest(decoding: bytes.span, in: arena)
    }
    #expect(decoded > 1000, "the mutations leave nothing to decode")
    #expect(decoded < 19_000, "the mutations change nothing")
  }

  private static func messages() -> [[UInt8]] {
    (0..<8).map { count in
      let arena = Arena(initialBytes: 1024)
      let batch = PosternV1.BatchCheckRequest.Builder(in: arena)
      batch.setTokenSecret("pst_u_secret")
      for index in 0..<count {
        let item = batch.addItems()
        item.setAction("dashboard.update")
        let resource = item.makeResource()
        resource.setID("item-\(index)")
        item.setTargetUserID("é-\(index)")
      }
      batch.setEvaluation(.all)
      batch.setAtLeastRevision(UInt64(count) << 32)
      var buffer = ByteBuffer()
      batch.encode(into: &buffer)
      return [UInt8](copying: buffer.bytes)
    }
  }

  private static func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    let value = UInt8(truncatingIfNeeded: random.next())
    guard !bytes.isEmpty else { return bytes.append(value) }
    let index = Int(random.next() % UInt64(bytes.count))
    switch random.next() % 6 {
    case 0: bytes[index] = value
    case 1: bytes[index] ^= 1 << (value & 7)
    case 2: bytes.insert(value, at: index)
    case 3: bytes.remove(at: index)
    case 4: bytes.removeLast(index / 2)
    default: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 16)], at: index)
    }
  }

  /// What is wrong with bytes as a `CheckRequest`.
  private static func check(_ bytes: [UInt8]) -> String? {
    let arena = Arena(initialBytes: 256, limits: DecodeLimits(bytes: decodeLimitBytes))
    do throws(DecodingError) {
      _ = try PosternV1.CheckRequest(decoding: bytes.span, in: arena)
      return nil
    } catch {
      return error.problem
    }
  }

  /// What is wrong with bytes as an `InviteUserRequest`.
  private static func problem(_ bytes: [UInt8]) -> String? {
    let arena = Arena(initialBytes: 256, limits: DecodeLimits(bytes: decodeLimitBytes))
    do throws(DecodingError) {
      _ = try PosternV1.InviteUserRequest(decoding: bytes.span, in: arena)
      return nil
    } catch {
      return error.problem
    }
  }
}
