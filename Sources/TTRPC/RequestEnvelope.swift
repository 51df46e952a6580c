internal import Messages
internal import RPC

/// Where the parts of a `ttrpc.Request` are in its bytes.
///
/// Hazard: the ranges are valid only for the bytes that they were read from. They replace spans,
/// which a value that owns the bytes can't store.
struct RequestEnvelope {
  private(set) var service = 0..<0
  private(set) var method = 0..<0
  private(set) var payload = 0..<0
  /// The credential in the metadata.
  private(set) var given = CredentialPlace.absent
  /// As on the wire: zero for none.
  private(set) var timeoutNanoseconds: Int64 = 0
  private var headerByteCount = 0
  /// Whether a key of the metadata is not a valid header name.
  private var hasBadKey = false

  /// An empty envelope, for a framing without a current call.
  init() {}

  /// Reads an envelope whose names and metadata may take `headerBytes`.
  init(_ bytes: Span<UInt8>, headerBytes: Int) throws(Status) {
    do {
      try read(bytes, headerBytes: headerBytes)
    } catch {
      throw Refusal.envelopeMalformed.status(error.reason)
    }
    headerByteCount += service.count + method.count
    guard headerByteCount <= headerBytes else {
      throw .limit("max-header-bytes", headerBytes)
    }
    // Otherwise `authorization` with a space after it would be ignored, and the call would have the
    // rights of its process.
    guard !hasBadKey else {
      throw Refusal.envelopeMalformed.status("a key of the metadata is not the name of a header")
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
        try readMetadata(start..<reader.offset, of: bytes)
        // Past the limit the rest is not read.
        if headerByteCount > headerBytes { return }
      case (1...5, _): throw .wireType
      default: break
      }
    }
  }

  /// Reads the `KeyValue` at `range`, and counts it as HTTP/2 counts a header. The key's case is
  /// ignored.
  private mutating func readMetadata(
    _ range: Range<Int>, of whole: Span<UInt8>
  ) throws(WireError) {
    let start = range.lowerBound
    var key = 0..<0
    var value = 0..<0
    var reader = WireReader(whole.extracting(range))
    while let field = try reader.next() {
      switch (field.number, field.type) {
      case (1, .bytes): key = reader.offset - field.bytes.count..<reader.offset
      case (2, .bytes): value = reader.offset - field.bytes.count..<reader.offset
      case (1...2, _): throw .wireType
      default: break
      }
    }
    headerByteCount += key.count + value.count + 32
    let name = whole.extracting(start + key.lowerBound..<start + key.upperBound)
    if !name.isHeaderName { hasBadKey = true }
    let end = start + value.upperBound
    let credential = Credential(
      header: name, whole.extracting(start + value.lowerBound..<end))
    if case .absent = credential { return }
    given = given.joined(with: CredentialPlace(credential, endingAt: end), in: whole)
  }
}
