/// What LMDB calls a transaction by; only the files of this folder can look inside.
///
/// `@safe`: the pointer can't be reached from outside the module, and each transaction that hands
/// it out is borrowed for as long as a read needs it.
@safe
package struct TransactionHandle {
  let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) {
    // SAFETY: only stored.
    unsafe self.pointer = unsafe pointer
  }
}
