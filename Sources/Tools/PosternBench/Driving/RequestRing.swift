/// Requests of one size, made before the measurement, stored in a row and used in turn.
struct RequestRing {
  var bytes: [UInt8]
  let frameByteCount: Int
  private let count: Int
  private var next = 0

  /// Calls `make` with each of `order`.
  ///
  /// - Throws: two frames differ in size, so that they can't be found by counting.
  init(
    _ order: [Int], _ make: (_ frame: inout [UInt8], _ item: Int) -> Void
  ) throws(BenchFailure) {
    precondition(!order.isEmpty, "a load needs requests")
    bytes = []
    var first = 0
    for (index, item) in order.enumerated() {
      let begin = bytes.count
      make(&bytes, item)
      if index == 0 {
        first = bytes.count
        bytes.reserveCapacity(first * order.count)
      }
      guard bytes.count - begin == first else { throw BenchFailure("requests differ in size") }
    }
    frameByteCount = first
    count = order.count
  }

  /// The bytes of the next `frameCount` requests. If too few are left at the end, it starts over.
  mutating func take(_ frameCount: Int) -> Range<Int> {
    precondition(frameCount <= count, "the ring is too small for the load")
    if next + frameCount > count { next = 0 }
    let begin = next * frameByteCount
    next += frameCount
    return begin..<next * frameByteCount
  }
}
