internal import FuzzTargets

/// What libFuzzer calls with every input.
@c(LLVMFuzzerTestOneInput)
package func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start = unsafe start else { return 0 }
  // SAFETY: libFuzzer lends `count` bytes for the call.
  unsafe FuzzTarget.http1.run(Span(_unsafeStart: start, count: count))
  return 0
}
