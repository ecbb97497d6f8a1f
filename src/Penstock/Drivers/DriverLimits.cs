namespace Penstock.Drivers;

/// <summary>The sizes that a driver is built with; nothing in it grows past them.</summary>
/// <param name="Slots">Slots in use at once: connections and listeners.</param>
/// <param name="MaxReadBytesPerTurn">The most that is read from one connection before others get their turn.</param>
/// <param name="ReceiveBufferBytes">The loop's receive buffer: the most that one receive takes.</param>
internal readonly record struct DriverLimits(
    int Slots,
    int MaxReadBytesPerTurn = 256 * 1024,
    int ReceiveBufferBytes = 64 * 1024);
