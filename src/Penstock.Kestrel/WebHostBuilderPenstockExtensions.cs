using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Penstock.Kestrel;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Puts Kestrel on Penstock's event loops.</summary>
public static class WebHostBuilderPenstockExtensions
{
    /// <summary>
    /// Makes Penstock the transport of Kestrel, in front of those that are there: endpoints of a kind that it does not know
    /// still go to them.
    /// </summary>
    /// <param name="hostBuilder">The host.</param>
    /// <param name="configureOptions">Changes the transport's options; null leaves the defaults.</param>
    public static IWebHostBuilder UsePenstock(
        this IWebHostBuilder hostBuilder, Action<PenstockTransportOptions>? configureOptions = null)
    {
        ArgumentNullException.ThrowIfNull(hostBuilder);
        return hostBuilder.ConfigureServices(services =>
        {
            services.AddSingleton<PenstockTransportFactory>();
            services.AddSingleton<IConnectionListenerFactory>(Transport);
            services.AddSingleton<IConnectionFactory>(Transport);
            if (configureOptions is not null)
                services.Configure(configureOptions);
        });
    }

    private static PenstockTransportFactory Transport(IServiceProvider services) =>
        services.GetRequiredService<PenstockTransportFactory>();
}
