/// The handler of each registration: a dense table whose slots are reused, each time with the next
/// generation.
struct RegistrationTable {
  private struct Slot {
    var generation: UInt32
    var descriptor: Int32
    var handler: (any EventHandler)?
  }

  private var slots: [Slot] = []
  private var free: [UInt32] = []

  /// How many descriptors are registered.
  var count: Int { slots.count - free.count }

  mutating func insert(descriptor: Int32, handler: any EventHandler) -> Registration {
    if let slot = free.popLast() {
      slots[Int(slot)].descriptor = descriptor
      slots[Int(slot)].handler = handler
      return Registration(slot: slot, generation: slots[Int(slot)].generation)
    }
    slots.append(Slot(generation: 0, descriptor: descriptor, handler: handler))
    return Registration(slot: UInt32(slots.count - 1), generation: 0)
  }

  /// The descriptor of a registration; nil if it was removed.
  func descriptor(of registration: Registration) -> Int32? {
    isCurrent(registration) ? slots[Int(registration.slot)].descriptor : nil
  }

  /// The handler of a registration; nil if it was removed.
  func handler(of registration: Registration) -> (any EventHandler)? {
    isCurrent(registration) ? slots[Int(registration.slot)].handler : nil
  }

  /// Removes a registration that is current.
  mutating func remove(_ registration: Registration) {
    let index = Int(registration.slot)
    slots[index].handler = nil
    slots[index].generation &+= 1
    free.append(registration.slot)
  }

  private func isCurrent(_ registration: Registration) -> Bool {
    let index = Int(registration.slot)
    return index < slots.count && slots[index].generation == registration.generation
      && slots[index].handler != nil
  }
}
