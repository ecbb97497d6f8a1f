using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Penstock.Kestrel.Tests;

/// <summary>An application on a real socket, on the transport under test.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app) => _app = app;

    /// <summary>The first address that the server says it listens on.</summary>
    public string Address => Addresses.First();

    public ICollection<string> Addresses =>
        _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;

    public int Port => new Uri(Address).Port;

    public IPEndPoint EndPoint => new(IPAddress.Loopback, Port);

    public IServiceProvider Services => _app.Services;

    public static async Task<TestServer> StartAsync(
        TransportKind kind,
        RequestDelegate? handler = null,
        Action<ListenOptions>? listen = null,
        Action<KestrelServerOptions>? kestrel = null,
        Action<WebApplicationBuilder>? configure = null,
        Action<WebApplication>? application = null,
        long? maxReadBuffer = null,
        long? maxWriteBuffer = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(options =>
        {
            kestrel?.Invoke(options);
            if (kestrel is null)
                options.Listen(IPAddress.Loopback, 0, listen ?? (_ => { }));
        });
        builder.WebHost.Use(kind, maxReadBuffer, maxWriteBuffer);
        builder.Logging.SetMinimumLevel(LogLevel.Debug);
        configure?.Invoke(builder);
        WebApplication app = builder.Build();
        application?.Invoke(app);
        if (handler is not null)
            app.Run(handler);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new TestServer(app);
    }

    /// <summary>A client that opens its own connections, to be disposed by the caller.</summary>
    public HttpClient CreateClient() =>
        new() { BaseAddress = new Uri($"http://127.0.0.1:{Port}/"), Timeout = Deadline.Long };

    public async Task<RawClient> ConnectAsync() => await RawClient.ConnectAsync(EndPoint);

    public Task StopAsync(CancellationToken cancellationToken = default) => _app.StopAsync(cancellationToken);

    /// <summary>What a program does that never stops its host; in place of <see cref="DisposeAsync"/>.</summary>
    public ValueTask DisposeWithoutStoppingAsync() => _app.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        using var impatient = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        await _app.StopAsync(impatient.Token);
        await _app.DisposeAsync();
    }
}
