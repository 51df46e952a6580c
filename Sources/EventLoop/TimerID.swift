/// One scheduled timer. It stays distinct from every other of its loop, also when it is over.
package struct TimerID: Sendable, Hashable {
  let slot: UInt32
  let generation: UInt32
}
