using Penstock.Polling;
using Penstock.Timing;

namespace Penstock.Drivers.Tests.Contract;

/// <summary>A <see cref="ReadinessDriver"/> over one poller and one trigger.</summary>
internal sealed class ReadinessFixture(Func<Poller> createPoller, Trigger trigger, bool sleeps = true) : DriverFixture
{
    public override bool Sleeps => sleeps;

    public override IoDriver Create(DriverLimits limits) =>
        new ReadinessDriver(createPoller(), trigger, LoopClock.System, limits);
}
