internal import CLMDB

extension MDB_val {
  /// Describes bytes that LMDB only reads. Valid as long as the buffer.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    // SAFETY: made mutable only because the C type says so; used by calls that read it.
    unsafe self.init(
      mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
  }

  /// The bytes this points to. Their real lifetime is the transaction's: the caller overrides it.
  var span: Span<UInt8> {
    @_lifetime(borrow self) get {
      // SAFETY: LMDB filled this in; an empty value has a pointer, too.
      let bytes = unsafe UnsafeRawBufferPointer(start: mv_data, count: mv_size)
      let span = unsafe Span<UInt8>(_unsafeBytes: bytes)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
