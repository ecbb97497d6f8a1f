using System.Net;
using Penstock.Tests.Server;

namespace Penstock.Tests.Cli;

/// <summary>
/// The command where the machine refuses io_uring, in each of the ways in which machines do: it serves on epoll, and
/// says why.
/// </summary>
public sealed class RefusedIoUringTests
{
    private const string SettingPath = "/proc/sys/kernel/io_uring_disabled";
    private const int SetupNumber = 425;

    /// <summary>Of the ways to refuse a ring: what the kernel answers, and what the user is told.</summary>
    public static TheoryData<int, string> Refusals => new()
    {
        { 1, "the system call is forbidden (EPERM), as the seccomp filters of container engines do." },
        { 38, "the kernel has no io_uring, or a filter pretends so (ENOSYS)." },
        {
            12,
            "io_uring_setup found no memory (ENOMEM): "
            + "raise the memory-lock limit (ulimit -l) or the container's memory limit."
        },
    };

    public RefusedIoUringTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "io_uring is a mechanism of Linux.");

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Asked_for_by_name_it_is_replaced_by_epoll_with_the_reason(int errno, string reason)
    {
        // With ENOSYS and ENOMEM the setting explains nothing; with EPERM it would be blamed before a filter is.
        Assert.SkipWhen(errno == 1 && Setting() is "1" or "2", "io_uring is disabled on this machine.");
        await AssertServesOnEpollAsync(Filtered(errno), reason);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Doctor_says_why(int errno, string reason)
    {
        Assert.SkipWhen(errno == 1 && Setting() is "1" or "2", "io_uring is disabled on this machine.");
        await AssertDoctorSaysAsync(Filtered(errno), reason);
    }

    [Fact]
    public async Task Auto_serves_where_it_is_refused()
    {
        await using CliProcess server = CliProcess.StartThrough(
            Filtered(1), "serve", "echo", "--port", "0", "--loops", "2", "--io", "auto");
        await ExchangeAndStopAsync(server);
        Assert.Contains("(epoll, level-triggered, 2 loops)", server.Output[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trigger_that_it_does_not_have_is_still_refused()
    {
        await using CliProcess server = CliProcess.StartThrough(
            Filtered(1), "serve", "echo", "--port", "0", "--io", "io_uring", "--trigger", "edge");
        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains("no edge trigger", Assert.Single(server.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "the system setting kernel.io_uring_disabled is 1, which allows it to privileged processes")]
    [InlineData("2", "the system setting kernel.io_uring_disabled is 2, which forbids it to everybody.")]
    public async Task A_system_setting_that_forbids_it_is_named(string setting, string reason)
    {
        using var directory = new TemporaryDirectory();
        string[] outer = await UnderSettingAsync(directory, setting);
        await AssertServesOnEpollAsync(outer, reason);
        await AssertDoctorSaysAsync(outer, reason);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(128 * 1024)]
    public async Task A_limit_on_locked_memory_is_named(int bytes)
    {
        // Without the capability: who has it is charged nothing.
        Tools.Require("setpriv");
        Tools.Require("prlimit");
        string[] unprivileged = Environment.IsPrivilegedProcess ? ["setpriv", "--bounding-set", "-ipc_lock"] : [];
        string[] outer = [.. unprivileged, "prlimit", $"--memlock={bytes}"];
        await using CliProcess doctor = CliProcess.StartThrough(outer, "doctor");
        Assert.Equal(0, await doctor.WaitForExitAsync());
        Assert.SkipWhen(IsIn(doctor.Output, "io_uring", "works"), "This kernel charges rings to no limit.");

        string reason = "found no memory (ENOMEM): raise the memory-lock limit (ulimit -l)";
        await AssertServesOnEpollAsync(outer, reason);
        await AssertDoctorSaysAsync(outer, reason);
    }

    private static string[] Filtered(int errno) =>
    [
        "dotnet",
        RepositoryRoot.Output("tests/Penstock.Confinement", "Penstock.Confinement.dll"),
        $"{SetupNumber}",
        $"{errno}",
    ];

    /// <summary>
    /// What shows a process another value of the setting, and refuses it rings as a kernel with that value does. The
    /// real setting is the whole machine's, and stays as it is.
    /// </summary>
    private static async Task<string[]> UnderSettingAsync(TemporaryDirectory directory, string setting)
    {
        Tools.Require("unshare");
        Assert.SkipUnless(File.Exists(SettingPath), "This kernel has no such setting (before 6.6).");
        string shown = directory.PathOf("io_uring_disabled");
        await File.WriteAllTextAsync(shown, $"{setting}\n", TestContext.Current.CancellationToken);
        string[] user = Environment.IsPrivilegedProcess ? [] : ["--map-root-user"];
        string mount = $"mount --bind '{shown}' {SettingPath} && exec \"$@\"";
        string[] outer = ["unshare", .. user, "--mount", "sh", "-c", mount, "sh"];

        await using CliProcess trial = CliProcess.StartThrough([.. outer, "true"]);
        bool mounts = await trial.WaitForExitAsync() == 0;
        Assert.SkipUnless(mounts, $"Nothing can be mounted here: {string.Join(' ', trial.Errors)}");
        return [.. outer, .. Filtered(errno: 1)];
    }

    private static async Task AssertServesOnEpollAsync(string[] outer, string reason)
    {
        await using CliProcess server = CliProcess.StartThrough(
            outer, "serve", "echo", "--port", "0", "--loops", "2", "--io", "io_uring");
        await ExchangeAndStopAsync(server);
        string expected = "(epoll, level-triggered, 2 loops; io_uring refused: ";
        Assert.Contains(expected, server.Output[0], StringComparison.Ordinal);
        Assert.Contains(reason, server.Output[0], StringComparison.Ordinal);
    }

    private static async Task AssertDoctorSaysAsync(string[] outer, string reason)
    {
        await using CliProcess doctor = CliProcess.StartThrough(outer, "doctor");
        Assert.Equal(0, await doctor.WaitForExitAsync());
        Assert.True(IsIn(doctor.Output, "io_uring", reason), string.Join('\n', doctor.Output));
        Assert.True(IsIn(doctor.Output, "epoll", "works"), string.Join('\n', doctor.Output));
        Assert.Contains("--io auto is epoll here.", doctor.Output);
    }

    private static async Task ExchangeAndStopAsync(CliProcess server)
    {
        IPEndPoint endPoint = await server.WaitEndPointAsync();
        using (TestClient client = await TestClient.ConnectAsync(endPoint))
            await client.ExchangeAsync();
        server.Signal(CliProcess.SigTerm);
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Empty(server.Errors);
    }

    private static bool IsIn(IReadOnlyList<string> lines, string name, string text) =>
        lines.Any(line =>
            line.StartsWith($"{name} ", StringComparison.Ordinal) && line.Contains(text, StringComparison.Ordinal));

    private static string Setting() => File.Exists(SettingPath) ? File.ReadAllText(SettingPath).Trim() : "";
}
