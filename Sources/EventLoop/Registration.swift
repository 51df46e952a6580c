/// One descriptor under watch. It is what epoll hands back, in place of the descriptor's number.
///
/// Numbers are reused at once: a handler that closes one connection and accepts another may get the
/// same number while an event of the old one is still in the batch. A generation never comes back.
package struct Registration: Sendable, Hashable {
  let slot: UInt32
  let generation: UInt32

  init(slot: UInt32, generation: UInt32) {
    self.slot = slot
    self.generation = generation
  }

  /// From the 64 bits that epoll carries.
  init(data: UInt64) {
    slot = UInt32(truncatingIfNeeded: data)
    generation = UInt32(truncatingIfNeeded: data >> 32)
  }

  var data: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}
