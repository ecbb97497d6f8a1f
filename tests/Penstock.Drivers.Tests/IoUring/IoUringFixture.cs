using Penstock.Drivers.Tests.Contract;
using Penstock.Timing;

namespace Penstock.Drivers.Tests.IoUring;

/// <summary>
/// An <see cref="IoUringDriver"/> of given sizes; its receive buffers are no larger than a test allows.
/// </summary>
internal sealed class IoUringFixture(IoUringSizes sizes) : DriverFixture
{
    public override IoDriver Create(DriverLimits limits)
    {
        IoUringRequirement.SkipWithoutIoUring();
        return new IoUringDriver(sizes, LoopClock.System, limits);
    }
}
