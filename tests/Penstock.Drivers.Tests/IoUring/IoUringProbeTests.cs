using Penstock.Net;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.IoUring;

public sealed class IoUringProbeTests
{
    private const int SetupNumber = 425;
    private const int RegisterNumber = 427;

    [Fact]
    public void Where_a_ring_works_the_probe_says_nothing()
    {
        IoUringRequirement.SkipWithoutIoUring();
        Assert.Null(new IoUringProbe().Refusal());
    }

    [Fact]
    public void A_filter_that_forbids_the_call_is_named()
    {
        string? refusal = RefusalWhen(SetupNumber, Errno.EPERM, setting: "0");
        Assert.Contains("seccomp", refusal);
        Assert.Contains("EPERM", refusal);
    }

    [Theory]
    [InlineData("1\n", "kernel.io_uring_group")]
    [InlineData("2\n", "kernel.io_uring_disabled is 2")]
    public void A_system_setting_that_forbids_it_is_named(string setting, string expected) =>
        Assert.Contains(expected, RefusalWhen(SetupNumber, Errno.EPERM, setting));

    [Fact]
    public void Without_the_setting_a_refusal_is_put_down_to_a_filter() =>
        Assert.Contains("seccomp", RefusalWhen(SetupNumber, Errno.EPERM, setting: null));

    [Fact]
    public void A_kernel_without_io_uring_is_named() =>
        Assert.Contains("no io_uring", RefusalWhen(SetupNumber, Errno.ENOSYS));

    [Fact]
    public void A_kernel_that_is_too_old_is_named() =>
        Assert.Contains("Linux 6.1", RefusalWhen(SetupNumber, Errno.EINVAL));

    [Fact]
    public void A_memory_limit_is_named() =>
        Assert.Contains("ulimit -l", RefusalWhen(SetupNumber, Errno.ENOMEM));

    [Fact]
    public void A_kernel_that_has_rings_but_no_buffer_rings_is_refused()
    {
        IoUringRequirement.SkipWithoutIoUring();
        Assert.Contains("Linux 6.1", RefusalWhen(RegisterNumber, Errno.EINVAL));
    }

    [Fact]
    public void Auto_passes_over_a_refused_io_uring_and_says_why()
    {
        SkipWithoutFilters();
        var epoll = new MechanismReport(IoMechanism.Epoll, "tried already");
        MechanismChoice choice = SystemCallFilter.Run(
            SetupNumber, Errno.EPERM, () => DriverProbe.Choose(IoMechanism.Auto, Trigger.Level, [epoll]));
        Assert.Equal(IoMechanism.Poll, choice.Mechanism);
        Assert.Equal([IoMechanism.Epoll, IoMechanism.IoUring], choice.Refusals.Select(refusal => refusal.Mechanism));
        Assert.Contains("; io_uring refused: ", choice.Remarks);
        Assert.Contains("EPERM", choice.Remarks);
    }

    [Fact]
    public void A_mechanism_that_is_asked_for_by_name_is_not_replaced()
    {
        MechanismChoice choice = DriverProbe.Choose(IoMechanism.Poll, Trigger.Level, []);
        Assert.Equal((IoMechanism.Poll, ""), (choice.Mechanism, choice.Remarks));
    }

    [Fact]
    public void Asking_for_a_trigger_is_asking_for_readiness()
    {
        MechanismChoice choice = DriverProbe.Choose(IoMechanism.Auto, Trigger.OneShot, []);
        Assert.NotEqual(IoMechanism.IoUring, choice.Mechanism);
        Assert.Equal("", choice.Remarks);
    }

    [Fact]
    public void Every_mechanism_is_examined_once_and_auto_is_none()
    {
        IReadOnlyList<MechanismReport> reports = DriverProbe.Examine();
        Assert.Equal(
            Enum.GetValues<IoMechanism>().Except([IoMechanism.Auto]),
            reports.Select(report => report.Mechanism));
        Assert.Contains(reports, report => report.Refusal is null);
    }

    private static string? RefusalWhen(int call, int errno, string? setting = "0")
    {
        SkipWithoutFilters();
        string path = Path.GetTempFileName();
        try
        {
            if (setting is null)
                File.Delete(path);
            else
                File.WriteAllText(path, setting);
            return SystemCallFilter.Run((uint)call, errno, () => new IoUringProbe(path).Refusal());
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void SkipWithoutFilters() =>
        Assert.SkipUnless(OperatingSystem.IsLinux(), "seccomp is a facility of Linux");
}
