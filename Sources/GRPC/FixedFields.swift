internal import CNghttp2

/// The header fields of every successful answer, built once: libnghttp2 neither copies nor frees
/// them.
enum FixedFields {
  // SAFETY: never written after they are made, never freed, and made of text that is part of the
  // program.
  nonisolated(unsafe) static let response = unsafe make([
    (":status", "200"), ("content-type", "application/grpc"),
  ])
  nonisolated(unsafe) static let trailers = unsafe make([("grpc-status", "0")])

  private static func make(
    _ fields: [(StaticString, StaticString)]
  ) -> UnsafeBufferPointer<nghttp2_nv> {
    let made = UnsafeMutableBufferPointer<nghttp2_nv>.allocate(capacity: fields.count)
    for (index, field) in fields.enumerated() {
      unsafe made.initializeElement(
        at: index,
        to: nghttp2_nv(
          name: UnsafeMutablePointer(mutating: field.0.utf8Start),
          value: UnsafeMutablePointer(mutating: field.1.utf8Start),
          namelen: field.0.utf8CodeUnitCount, valuelen: field.1.utf8CodeUnitCount,
          flags: UInt8(
            NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)))
    }
    return UnsafeBufferPointer(made)
  }
}
