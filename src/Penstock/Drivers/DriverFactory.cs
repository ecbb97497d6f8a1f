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
        IoMechanism mechanism = Resolve(options.Io);
        return mechanism switch
        {
            IoMechanism.Sockets => new SocketDriver(clock, limits),
            IoMechanism.Blocking or IoMechanism.ThreadPerConnection => CreateBlocking(options, clock, limits),
            _ => new ReadinessDriver(CreatePoller(mechanism), options.Trigger, clock, limits),
        };
    }

    private static BlockingDriver CreateBlocking(LoopOptions options, LoopClock clock, DriverLimits limits)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException($"{options.Io} needs a POSIX system.");
        return new BlockingDriver(clock, limits, options.ReadSliceTimeouts);
    }

    private static Poller CreatePoller(IoMechanism mechanism) => mechanism switch
    {
        IoMechanism.Epoll when OperatingSystem.IsLinux() => new EpollPoller(),
        IoMechanism.Epoll => throw new PlatformNotSupportedException("epoll is a mechanism of Linux; use poll here."),
        IoMechanism.Kqueue when !OperatingSystem.IsWindows() => new KqueuePoller(),
        IoMechanism.Poll when !OperatingSystem.IsWindows() => new PollPoller(),
        IoMechanism.BusyWait when !OperatingSystem.IsWindows() => new SpinPoller(),
        IoMechanism.Kqueue or IoMechanism.Poll or IoMechanism.BusyWait =>
            throw new PlatformNotSupportedException($"{mechanism} needs a POSIX system."),
        _ => throw new ArgumentOutOfRangeException(nameof(mechanism), mechanism, "There is no such mechanism."),
    };
}
