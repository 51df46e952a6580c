internal import CNghttp2

/// The header fields of every request of a load, kept where libnghttp2 may read them at any time.
// SAFETY: `@safe` because both buffers are made in `init`, not written afterwards, and freed in
// `deinit`; nothing but a submit, which copies what it needs into its own tables, reads them.
@safe
final class RequestFields {
  let fields: UnsafeMutableBufferPointer<nghttp2_nv>
  private let text: UnsafeMutableBufferPointer<UInt8>

  init(method: Method) {
    let pairs = [
      (":method", "POST"), (":scheme", "http"), (":path", "/\(method.service)/\(method.name)"),
      (":authority", "localhost"), ("content-type", "application/grpc"), ("te", "trailers"),
    ]
    let all = Array(pairs.map { $0.0 + $0.1 }.joined().utf8)
    unsafe text = .allocate(capacity: all.count)
    _ = unsafe text.initialize(from: all)
    unsafe fields = .allocate(capacity: pairs.count)
    guard var position = unsafe text.baseAddress else { preconditionFailure("fields have text") }
    for (index, pair) in pairs.enumerated() {
      let value = unsafe position + pair.0.utf8.count
      unsafe fields.initializeElement(
        at: index,
        to: nghttp2_nv(
          name: position, value: value, namelen: pair.0.utf8.count, valuelen: pair.1.utf8.count,
          flags: 0))
      unsafe position = value + pair.1.utf8.count
    }
  }

  deinit {
    unsafe fields.deallocate()
    unsafe text.deallocate()
  }
}
