using System.Diagnostics;

namespace Penstock.Simulation.Tests.Regressions;

/// <summary>A network namespace at the other end of a virtual cable that can be pulled. Needs root.</summary>
internal sealed class BrokenLink : IDisposable
{
    private const string Namespace = "penstock-dead-peer";
    private const string Near = "pstk-near";
    private const string Far = "pstk-far";

    public const string NearAddress = "10.213.77.1";
    private const string FarAddress = "10.213.77.2";

    private BrokenLink()
    {
    }

    /// <summary>The link, or null where this machine does not let us make one.</summary>
    public static BrokenLink? TryCreate()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root" || !Ip($"netns add {Namespace}"))
            return null;
        var link = new BrokenLink();
        bool made = Ip($"link add {Near} type veth peer name {Far} netns {Namespace}")
            && Ip($"addr add {NearAddress}/30 dev {Near}")
            && Ip($"link set {Near} up")
            && Ip($"-n {Namespace} addr add {FarAddress}/30 dev {Far}")
            && Ip($"-n {Namespace} link set {Far} up");
        if (made)
            return link;
        link.Dispose();
        return null;
    }

    /// <summary>A client at the far end that connects and says nothing.</summary>
    public static Process StartClient(int port) => Process.Start(new ProcessStartInfo(
        "ip", $"netns exec {Namespace} nc {NearAddress} {port}")
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    public void Pull() => Assert.True(Ip($"-n {Namespace} link set {Far} down"));

    public void Dispose() => Ip($"netns del {Namespace}");

    private static bool Ip(string arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
