"""Every kind of fault and every healthy variant the diagnosis is judged by."""

from tests.netlab import beyond, broker, healthy, inside, pages, quality, services, together
from tests.netlab.fault import Break, Fault

_FAULTS: tuple[Break, ...] = (
    inside.interface_off, inside.cable_out, inside.no_address, inside.self_given_address, inside.duplicate_address,
    inside.no_route, inside.route_refuses, inside.gateway_off, inside.gateway_hung, inside.wrong_gateway,
    inside.gateway_does_not_forward,
    beyond.uplink_down, beyond.modem_gone, beyond.provider_silent, beyond.provider_silent_router_mute,
    beyond.router_blocks, beyond.router_blocks_centre, beyond.provider_has_no_route, beyond.provider_prohibits,
    beyond.black_hole, beyond.black_hole_back, beyond.black_hole_routers_mute, beyond.routing_loop, beyond.centre_off,
    beyond.centre_silent, beyond.connections_full,
    broker.broker_down, broker.port_filtered, broker.port_filtered_pings_mute, broker.port_reset,
    broker.resets_injected, broker.broker_hung, broker.tls_hung, broker.mqtt_hung, broker.connect_refused,
    broker.own_certificate_foreign, broker.own_certificate_expired, broker.certificate_expired,
    broker.certificate_of_the_future, broker.certificate_of_another, broker.certificate_of_a_stranger,
    services.names_silent, services.names_failing, services.names_port_closed, services.names_wildcard,
    services.names_hijacked, services.port_53_intercepted, services.captive_portal, services.captive_portal_walled,
    services.internet_down, services.ipv6_broken, services.mtu_reduced, services.large_packets_vanish,
    services.large_packets_vanish_up, services.large_packets_vanish_down, services.clock_wrong, pages.site_error,
    pages.site_false_page, pages.site_stale, pages.site_refuses, pages.site_certificate_expired,
    pages.site_certificate_of_another, pages.site_certificate_ends_soon,
    quality.slow, quality.loss_both_ways, quality.loss_up, quality.loss_down, quality.loss_in_bursts,
    quality.overloaded, quality.path_flaps, quality.cable_flaps,
    together.broker_and_names, together.broker_and_site, together.names_and_clock, together.loss_and_certificate,
    together.loop_and_names, together.internet_and_clock,
)  # fmt: skip

_HEALTHY: tuple[Break, ...] = (
    healthy.plain, healthy.gateway_mutes_pings, healthy.gateway_mutes_icmp, healthy.routers_mute,
    healthy.nothing_answers_pings, healthy.centre_rations_pings,
    healthy.far_away, healthy.little_loss, healthy.uneven, healthy.busy_processor,
    healthy.slow_names, healthy.one_resolver_dead, healthy.dsl, healthy.no_ipv6, healthy.internet_mutes_pings,
    healthy.no_time_server,
)  # fmt: skip

FAULTS = tuple(Fault(apply.__name__, apply) for apply in _FAULTS)
HEALTHY = tuple(Fault(apply.__name__, apply, healthy=True) for apply in _HEALTHY)
ALL = {fault.name: fault for fault in (*FAULTS, *HEALTHY)}
