using System.Net;
using System.Net.Sockets;

namespace Penstock.KeyValue.Tests;

/// <summary>Programs of the system that tests talk to.</summary>
internal static class Tools
{
    /// <summary>
    /// Where a program is. Without it the test is skipped, or fails where <c>PENSTOCK_REQUIRE_TOOLS</c> says that it
    /// must be there.
    /// </summary>
    public static string Require(string name)
    {
        string? path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
        if (path is null)
            Assert.SkipWhen(Environment.GetEnvironmentVariable("PENSTOCK_REQUIRE_TOOLS") != "1", $"{name} is not installed.");
        Assert.True(path is not null, $"{name} is not installed.");
        return path;
    }

    /// <summary>A port that nobody listens on at this moment, for programs that cannot choose one themselves.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
