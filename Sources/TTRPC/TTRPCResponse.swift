internal import Messages
package import RPC

/// One answer as it came off the wire, borrowed from the codec that read it.
package struct TTRPCResponse: ~Escapable {
  /// The stream of the call that is answered.
  package let stream: UInt32
  /// `ok`, or why the call failed; a code that is not canonical becomes `unknown`.
  package let code: StatusCode
  /// The failure's message as the peer sent it: any bytes.
  package let message: Span<UInt8>
  /// The whole encoded `google.rpc.Status`, whose field 3 has the details; empty for none.
  package let status: Span<UInt8>
  /// The encoded response message.
  package let payload: Span<UInt8>

  @_lifetime(copy bytes)
  init(stream: UInt32, _ bytes: Span<UInt8>) throws(WireError) {
    var status = Span<UInt8>()
    var payload = Span<UInt8>()
    var reader = WireReader(bytes)
    while let field = try reader.next() {
      switch (field.number, field.type) {
      case (1, .bytes): status = field.bytes
      case (2, .bytes): payload = field.bytes
      case (1...2, _): throw .wireType
      default: break
      }
    }
    var code = StatusCode.ok
    var message = Span<UInt8>()
    reader = WireReader(status)
    while let field = try reader.next() {
      switch (field.number, field.type) {
      case (1, .varint): code = UInt32(exactly: field.integer).flatMap(StatusCode.init) ?? .unknown
      case (2, .bytes): message = field.bytes
      case (1...3, _) where field.number != 3 || field.type != .bytes: throw .wireType
      default: break
      }
    }
    self.stream = stream
    self.code = code
    self.message = message
    self.status = status
    self.payload = payload
  }
}
