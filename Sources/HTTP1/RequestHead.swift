internal import Messages
internal import RPC

/// What the head of a request says (RFC 9110, RFC 9112), as places in its bytes.
struct RequestHead {
  /// The methods that any path takes.
  enum Verb {
    case get, head, post, options, other
  }

  /// How the length of the body is given.
  enum BodyLength: Equatable {
    case bytes(Int)
    case chunked
  }

  private(set) var verb = Verb.other
  /// The path, and the query if there is one.
  private(set) var target = 0..<0
  /// Where the fields begin.
  private(set) var fieldsStart = 0
  private(set) var body = BodyLength.bytes(0)
  private(set) var expectsContinue = false
  /// Whether the connection ends after the answer.
  private(set) var endsConnection = false
  private(set) var contentType = 0..<0
  private(set) var isEncoded = false
  private(set) var hasWrongConnectVersion = false
  private(set) var timeout = Timeout.none
  private(set) var credential = CredentialPlace.absent

  /// The value of `connect-timeout-ms`.
  enum Timeout: Equatable {
    case none
    case nanoseconds(Int64)
    case malformed
  }

  init() {}

  /// Reads a head that `HeadScanner` has found. Fields count with their names, their values and 32
  /// bytes for each, as in HTTP/2.
  init(_ head: Span<UInt8>, headerBytes: Int) throws(HTTPFault) {
    let isOld = try readFirstLine(head, limit: headerBytes)
    if Self.hasCredential(inQuery: head.extracting(target).query) {
      credential = .malformed(.credentialMisplaced)
    }
    var seen = Seen()
    var byteCount = 0
    var reader = FieldReader(at: fieldsStart)
    while try reader.next(in: head) {
      byteCount += reader.name.count + reader.value.count + 32
      guard byteCount <= headerBytes else { throw .headTooLong }
      try read(reader, in: head, &seen)
    }
    guard seen.hosts == 1 || (seen.hosts == 0 && isOld) else { throw .host }
    if seen.isChunked {
      guard !seen.hasLength else { throw .bothLengths }
      guard !isOld else { throw .transferEncoding }
      body = .chunked
    }
    endsConnection = seen.closes || (isOld && !seen.staysOpen)
    // In HTTP/1.0 nobody waits for it.
    if isOld { expectsContinue = false }
  }

  /// What has been seen of the fields that say where the request ends.
  private struct Seen {
    var hosts = 0
    var hasLength = false
    var isChunked = false
    var closes = false
    var staysOpen = false
  }

  /// Reads `METHOD target HTTP/1.1`; whether the version is 1.0.
  private mutating func readFirstLine(
    _ head: Span<UInt8>, limit: Int
  ) throws(HTTPFault) -> Bool {
    var end = 0
    while head[end] != UInt8(ascii: "\r") { end += 1 }
    fieldsStart = end + 2
    let line = head.extracting(first: end)
    var space = 0
    while space < end, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(line[space]) { space += 1 }
    guard space > 0, space < end, line[space] == 0x20 else { throw .requestLine }
    verb = Self.verb(line.extracting(first: space))
    var targetEnd = space + 1
    while targetEnd < end, line[targetEnd] > 0x20 { targetEnd += 1 }
    guard targetEnd > space + 1, targetEnd < end, line[targetEnd] == 0x20 else {
      throw .requestLine
    }
    target = space + 1..<targetEnd
    let version = line.extracting((targetEnd + 1)...)
    guard version.count == 8, version.extracting(first: 5).isEqual(to: "HTTP/") else {
      throw .requestLine
    }
    let isOld = version.isEqual(to: "HTTP/1.0")
    guard isOld || version.isEqual(to: "HTTP/1.1") else { throw .version }
    guard target.count <= limit else { throw .targetTooLong }
    try Self.check(target: line.extracting(target), verb)
    return isOld
  }

  private static func verb(_ name: Span<UInt8>) -> Verb {
    if name.isEqual(to: "POST") { return .post }
    if name.isEqual(to: "GET") { return .get }
    if name.isEqual(to: "HEAD") { return .head }
    return name.isEqual(to: "OPTIONS") ? .options : .other
  }

  /// Refuses every target but a path, and `*` for OPTIONS. A target with a host in it
  /// (absolute-form) is for proxies, and would contradict `host`.
  private static func check(target: Span<UInt8>, _ verb: Verb) throws(HTTPFault) {
    if verb == .options, target.isEqual(to: "*") { return }
    guard target[0] == UInt8(ascii: "/") else { throw .target }
    for index in target.indices {
      guard target[index] < 0x80, target[index] != UInt8(ascii: "#") else { throw .target }
    }
  }

  private mutating func read(
    _ field: FieldReader, in head: Span<UInt8>, _ seen: inout Seen
  ) throws(HTTPFault) {
    let name = head.extracting(field.name)
    let value = head.extracting(field.value)
    if name.isSame(as: "host") {
      seen.hosts += 1
      guard Self.isHost(value) else { throw .host }
    } else if name.isSame(as: "content-length") {
      guard !seen.hasLength, let count = value.number(maximumDigits: 18) else {
        throw .contentLength
      }
      seen.hasLength = true
      body = .bytes(Int(count))
    } else if name.isSame(as: "transfer-encoding") {
      guard !seen.isChunked, value.isSame(as: "chunked") else { throw .transferEncoding }
      seen.isChunked = true
    } else if name.isSame(as: "connection") {
      if value.hasItem("close") { seen.closes = true }
      if value.hasItem("keep-alive") { seen.staysOpen = true }
    } else if name.isSame(as: "expect") {
      guard value.isSame(as: "100-continue") else { throw .expectation }
      expectsContinue = true
    } else {
      readContent(field, in: head)
    }
  }

  /// Reads the fields that say what the body is.
  private mutating func readContent(_ field: FieldReader, in head: Span<UInt8>) {
    let name = head.extracting(field.name)
    let value = head.extracting(field.value)
    if name.isSame(as: "content-type") {
      contentType = field.value
    } else if name.isSame(as: "content-encoding") {
      if !value.isSame(as: "identity") { isEncoded = true }
    } else if name.isSame(as: "connect-protocol-version") {
      if !value.isEqual(to: "1") { hasWrongConnectVersion = true }
    } else if name.isSame(as: "connect-timeout-ms") {
      guard timeout == .none, let count = value.number(maximumDigits: 10) else {
        timeout = .malformed
        return
      }
      timeout = .nanoseconds(count * 1_000_000)
    } else {
      credential = credential.joined(
        with: CredentialPlace(
          Credential(header: name, value), endingAt: field.value.upperBound),
        in: head)
    }
  }

  /// Whether a query has a credential (RFC 6750, section 2.3), which is read from `authorization`
  /// alone. The message of a call may hold one.
  private static func hasCredential(inQuery query: Span<UInt8>) -> Bool {
    var reader = FormReader(query)
    while reader.next() {
      if reader.name.isEqual(to: "message") { continue }
      var value = ByteBuffer()
      if reader.name.mayBeTaken(for: "access_token") || Credential.isMisplaced(header: reader.name)
        || !value.append(decoding: reader.value) || Credential.holdsToken(value.bytes)
      {
        return true
      }
    }
    return false
  }

  private static func isHost(_ value: Span<UInt8>) -> Bool {
    for index in value.indices {
      switch value[index] {
      case 0x20, 0x09, UInt8(ascii: ","), UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"),
        UInt8(ascii: "@"):
        return false
      default: continue
      }
    }
    return true
  }
}

extension Span where Element == UInt8 {
  /// The value of 1 to `maximumDigits` digits; nil for anything else.
  func number(maximumDigits: Int) -> Int64? {
    guard !isEmpty, count <= maximumDigits else { return nil }
    var value: Int64 = 0
    for index in indices {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self[index]) else { return nil }
      value = value * 10 + Int64(self[index] & 0x0f)
    }
    return value
  }

  /// Whether a list with commas has an item, in any case of its letters.
  func hasItem(_ item: String) -> Bool {
    var start = 0
    while start <= count {
      var end = start
      while end < count, self[end] != UInt8(ascii: ",") { end += 1 }
      if extracting(start..<end).trimmed.isSame(as: item) { return true }
      start = end + 1
    }
    return false
  }

  /// Without the white space around it.
  var trimmed: Span<UInt8> {
    @_lifetime(copy self)
    get {
      var (start, end) = (0, count)
      while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
      while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
      return extracting(start..<end)
    }
  }
}
