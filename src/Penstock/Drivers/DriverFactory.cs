using Penstock.Polling;
using Penstock.Timing;

namespace Penstock.Drivers;

/// <summary>Makes the driver that an option asks for, or says by name why this machine has none such.</summary>
internal static class DriverFactory
{
    /// <summary>What <see cref="IoMechanism.Auto"/> stands for here.</summary>
    public static IoMechanism Resolve(IoMechanism asked)
    {
        if (asked != IoMechanism.Auto)
            return asked;
        return OperatingSystem.IsLinux() ? IoMechanism.Epoll : IoMechanism.Poll;
    }

    /// <summary>Makes a driver. Called on the thread of the loop that will use it.</summary>
    public static IoDriver Create(LoopOptions options, LoopClock clock, int slots)
    {
        var limits = new DriverLimits(slots, options.MaxReadBytesPerTurn);
        if (Resolve(options.Io) == IoMechanism.IoUring)
            return new IoUringDriver(IoUringSizes.Default, clock, limits);
        return new ReadinessDriver(CreatePoller(Resolve(options.Io)), options.Trigger, clock, limits);
    }

    private static Poller CreatePoller(IoMechanism mechanism) => mechanism switch
    {
        IoMechanism.Epoll when OperatingSystem.IsLinux() => new EpollPoller(),
        IoMechanism.Epoll => throw new PlatformNotSupportedException("epoll is a mechanism of Linux; use poll here."),
        IoMechanism.Poll when !OperatingSystem.IsWindows() => new PollPoller(),
        IoMechanism.BusyWait when !OperatingSystem.IsWindows() => new SpinPoller(),
        IoMechanism.Poll or IoMechanism.BusyWait =>
            throw new PlatformNotSupportedException($"{mechanism} needs a POSIX system."),
        _ => throw new ArgumentOutOfRangeException(nameof(mechanism), mechanism, "There is no such mechanism."),
    };
}
