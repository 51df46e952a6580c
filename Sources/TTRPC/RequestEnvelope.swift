internal import Messages
internal import RPC

/// Where the parts of a `ttrpc.Request` lie in its bytes.
///
/// Hazard: the ranges mean something only for the bytes that they were read from. They stand in for
/// spans, which a value that owns the bytes can't store.
struct RequestEnvelope {
  private(set) var service = 0..<0
  private(set) var method = 0..<0
  private(set) var payload = 0..<0
  private(set) var bearer = 0..<0
  /// As on the wire: zero for none.
  private(set) var timeoutNanoseconds: Int64 = 0
  private var authorizationCount = 0
  private var headerByteCount = 0

  /// An envelope without content, for a framing that holds no call.
  init() {}

  /// Reads an envelope whose names and metadata may take `headerBytes`.
  init(_ bytes: Span<UInt8>, headerBytes: Int) throws(Status) {
    do {
      try read(bytes, headerBytes: headerBytes)
    } catch {
      throw Status(.invalidArgument, "malformed request envelope: \(error.reason)")
    }
    headerByteCount += service.count + method.count
    guard headerByteCount <= headerBytes else {
      throw .limit("max-header-bytes", headerBytes)
    }
    guard authorizationCount <= 1 else {
      // Which of two credentials counts must not depend on who reads them.
      throw Status(.invalidArgument, "more than one `authorization` in the metadata")
    }
    guard bytes.extracting(service).isText else {
      throw Status(.invalidArgument, "`service` is not UTF-8 text without NUL")
    }
    guard bytes.extracting(method).isText else {
      throw Status(.invalidArgument, "`method` is not UTF-8 text without NUL")
    }
  }

  /// A known field of the wrong wire type is an error here, not an unknown field.
  private mutating func read(_ bytes: Span<UInt8>, headerBytes: Int) throws(WireError) {
    var reader = WireReader(bytes)
    while let field = try reader.next() {
      let start = reader.offset - field.bytes.count
      switch (field.number, field.type) {
      case (1, .bytes): service = start..<reader.offset
      case (2, .bytes): method = start..<reader.offset
      case (3, .bytes): payload = start..<reader.offset
      case (4, .varint): timeoutNanoseconds = Int64(bitPattern: field.integer)
      case (5, .bytes):
        try readMetadata(field.bytes, start: start)
        // Past the limit the rest is not worth reading.
        if headerByteCount > headerBytes { return }
      case (1...5, _): throw .wireType
      default: break
      }
    }
  }

  /// Reads one `KeyValue` that begins at `start`, and charges it as HTTP/2 charges a header.
  private mutating func readMetadata(_ bytes: Span<UInt8>, start: Int) throws(WireError) {
    var key = 0..<0
    var value = 0..<0
    var reader = WireReader(bytes)
    while let field = try reader.next() {
      switch (field.number, field.type) {
      case (1, .bytes): key = reader.offset - field.bytes.count..<reader.offset
      case (2, .bytes): value = reader.offset - field.bytes.count..<reader.offset
      case (1...2, _): throw .wireType
      default: break
      }
    }
    headerByteCount += key.count + value.count + 32
    guard RequestEnvelope.isAuthorization(bytes.extracting(key)) else { return }
    authorizationCount += 1
    let skipped = RequestEnvelope.schemeByteCount(bytes.extracting(value))
    bearer = start + value.lowerBound + skipped..<start + value.upperBound
  }

  private static func isAuthorization(_ key: Span<UInt8>) -> Bool {
    guard key.count == 13 else { return false }
    let name = "authorization"
    let expected = name.utf8Span.span
    for index in key.indices where key[index] != expected[index] { return false }
    return true
  }

  /// The length of `Bearer` and the blanks after it, or of the whole value under another scheme.
  private static func schemeByteCount(_ value: Span<UInt8>) -> Int {
    guard value.count > 7, value[6] == 0x20 else { return value.count }
    let scheme = "bearer"
    let expected = scheme.utf8Span.span
    // 0x20 tells an ASCII letter from its lower case.
    for index in 0..<6 where value[index] | 0x20 != expected[index] { return value.count }
    var count = 7
    while count < value.count, value[count] == 0x20 { count += 1 }
    return count
  }
}
